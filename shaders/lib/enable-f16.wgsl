// For shaders that multiply in 16 bits; it has to stand before everything else.
enable f16;
