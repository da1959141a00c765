// For shaders whose threads hand each other values; it has to stand before everything else.
enable subgroups;
