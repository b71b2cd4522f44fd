-- String escapes, long brackets, comments and numerals.
local function bytes(s) print(#s, (s:gsub(".", function(c) return string.format("%02x", c:byte()) end)):sub(1, 80)) end
bytes("\a\b\f\n\r\t\v\\\"\'") bytes('\'"') bytes("\0\00\000") bytes("\1\12\123\1234") bytes("\x00\x7f\xFF\xab") bytes("\255\2551")
bytes("\u{0}\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}\u{1FFFFF}\u{3FFFFFF}\u{7FFFFFFF}")
bytes("a\z
       b\z   c") bytes("line\
next") bytes("\
") bytes("x\z") bytes("é€😀")
bytes([[
first newline dropped]]) bytes([[

one kept]]) bytes([==[a]]b]=]c]==]) bytes([[a\nb]]) bytes([=[]]]=]) bytes([[]]) bytes([===[
]===]) bytes("a\r\nb")
local s = [[
two
lines]]
print(s, #s)
--[[ a comment
over lines ]] print("after long comment")
--[==[ ]] --]] ]=] ]==] print("after level 2 comment")
---[[ not a long comment
print("line comment only")
--[ also a line comment
-- numerals
print(0, 00, 1, 0x0, 0xA, 0Xa, 0xff, 1., .5, 0.5, 3e0, 3E+2, 3e-2, 0x.1, 0x1., 0xA.8, 0x1p4, 0x1P-4, 0x.8p1)
print(9223372036854775807, 9223372036854775808, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0x1ffffffffffffffff)
print(math.type(1), math.type(1.), math.type(1e0), math.type(0x1p0), math.type(9223372036854775808), math.type(0xfffffffffffffffff))
print(1e308, 1e309, 1e-320, 4.9406564584124654e-324, 2.2250738585072014e-308, 0.1e1, 1e1, 123456789.123456789)
print(0x1.fffffffffffffp1023, 0x1p-1074, 0x0.0000000000001p-1022, 1e23, 9007199254740993.0, 0.30000000000000004)
print(3-2, 3--2
)
print(- 3, - -3, not not nil, #"abc", -#"abc", - - -2)
print(("x"):rep(3), #"a\0b", "a\0b" == "a\0b", "a\0b" == "a\0c", ("a\0b"):byte(1, -1))
print "paren-less" print [[long]]
print(type {} == "table", (type) [[x]]);;; local t = { 1, 2; 3, n = 4; }
print(#t, t.n, #{ 1, 2, nil }, #{ n = 1 }, #{ (function() return 1, 2, 3 end)() }, #{ (function() return 1, 2, 3 end)(), 4 })
print(type(nil), type(type), #"", #"\u{48}\x49\z
  J")
goto done
do print("skipped") end
::done:: print("done")
local and_, _end, e1 = 1, 2, 3 print(and_ + _end + e1)
