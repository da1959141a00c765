/** The names of all instructions of protocols 0 to 5, to tell which one is refused. */
export const opcodeNames = new Map(
  [
    [0x28, "MARK EMPTY_TUPLE"],
    [0x30, "POP POP_MARK DUP"],
    [0x42, "BINBYTES SHORT_BINBYTES"],
    [0x46, "FLOAT BINFLOAT"],
    [0x49, "INT BININT BININT1 LONG BININT2 NONE"],
    [0x50, "PERSID BINPERSID REDUCE STRING BINSTRING SHORT_BINSTRING UNICODE"],
    [0x58, "BINUNICODE"],
    [0x5d, "EMPTY_LIST"],
    [0x61, "APPEND BUILD GLOBAL DICT APPENDS"],
    [0x67, "GET BINGET INST LONG_BINGET"],
    [0x6c, "LIST"],
    [0x6f, "OBJ PUT BINPUT LONG_BINPUT SETITEM TUPLE SETITEMS"],
    [0x7d, "EMPTY_DICT"],
    [0x80, "PROTO NEWOBJ EXT1 EXT2 EXT4 TUPLE1 TUPLE2 TUPLE3 NEWTRUE NEWFALSE LONG1 LONG4 SHORT_BINUNICODE"],
    [0x8d, "BINUNICODE8 BINBYTES8 EMPTY_SET ADDITEMS FROZENSET NEWOBJ_EX STACK_GLOBAL MEMOIZE FRAME BYTEARRAY8"],
    [0x97, "NEXT_BUFFER READONLY_BUFFER"],
  ].flatMap(([first, names]) =>
    String(names)
      .split(" ")
      .map((name, i): [number, string] => [Number(first) + i, name]),
  ),
);
