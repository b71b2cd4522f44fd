-- Strings as numbers and numbers as strings: in arithmetic, concatenation, tonumber, tostring, table keys.
print("10" + 5, "10" * "2", "3.0" + 1, "0x10" + 0, " 7 " - 1, "1e2" + 0, "10" / 2, "7" // 2, "7" % 4, "2" ^ 3, -"2", -"2.5", - "0x10")
print(math.type("10" + 5), math.type("10" + 5.0), math.type("1e1" + 0), math.type(-"3"), math.type("9223372036854775808" + 0))
print("9223372036854775807" + 0, "9223372036854775807" + 1, "-9223372036854775808" + 0, "0xffffffffffffffff" + 0)
print(1 .. 2, 1.5 .. "x", -0.0 .. "", 2 ^ 63 .. "", 1e15 .. "", 10 .. "", 3.0 .. "|", math.mininteger .. "")
print("a" .. 1 .. 2.0 .. "b" .. -3, "x" .. "" == "x", ("") .. "")
local texts = { "", " ", "0", "-0", "+1", "- 1", "1 2", "0x", "0xg", "0x1p4", "0x.8", "0x1.8p1", "1e", "1e+", "1e+5", ".5", "5.", ".", "inf", "nan", "1_000",
  "0b1", "1e400", "-1e400", "1e-400", "00012", "0x00ff", "1\0", "1 \n\t", "\v\f1\r", "0X1P-2", "9223372036854775808", "-9223372036854775809", "1..2", "0x1.8", "1e1.5",
  "١", "1,5", "--1", "+-1", "0x-1", "-0x1", "-0xA.8p0", "123456789012345678901234567890", "0x123456789abcdef01", "1e5", "1E5", "infinity", "0x1p", "0e12", ".e1", "1f" }
for _, text in ipairs(texts) do
  local n = tonumber(text)
  print(string.format("%q", text), n, n and math.type(n), pcall(function() return text + 0 end))
end
for _, case in ipairs { { "ff", 16 }, { "FF", 16 }, { "zz", 36 }, { "Zz", 36 }, { "1010", 2 }, { "102", 2 }, { "-ff", 16 }, { " 11 ", 2 }, { "", 10 }, { "8", 8 }, { "7", 8 },
  { "1.0", 10 }, { "7fffffffffffffff", 16 }, { "ffffffffffffffff", 16 }, { "10000000000000000", 16 }, { "9", 10 }, { "- 1", 10 }, { "1 1", 10 }, { "-", 10 }, { "+5", 10 } } do
  print(case[1], case[2], tonumber(case[1], case[2]))
end
print(tonumber(5), tonumber(5.5), tonumber(nil == nil and "5"), tonumber({}), tonumber(true), tonumber(print))
print(pcall(tonumber), pcall(tonumber, "1", 1), pcall(tonumber, "1", 37), pcall(tonumber, 1, 10), pcall(tonumber, nil), pcall(tonumber, {}, 10))
print(tostring(1), tostring(1.0), tostring(-0.0), tostring(1e100), tostring(true), tostring(nil), tostring("x"), pcall(tostring))
print(tostring(1 / 0), tostring(-1 / 0), tostring(3.14159265358979), tostring(1e15), tostring(123456789012.5), tostring(2 ^ 24))
print(0.1 + 0.2, 100 * 1.1, 1 / 3, 1e21, 12345678901234567890, 1e-10, 5e-324, 1.7976931348623157e308, 0x1p-1022)
-- No coercion where none belongs.
local t = { ["1"] = "string", [1] = "int" }
print(t[1], t["1"], t[1.0], "1" == 1, "abc" < "abd", pcall(function() return "1" < 2 end))
print(("5"):rep(3), (5 .. ""):rep(2), pcall(function() return (5):rep(2) end))
print(#"12", #(12 .. ""), pcall(function() return #12 end))
for _, bad in ipairs { "abc", "", "1x", {}, true } do
  print(pcall(function() return bad + 1 end))
  print(pcall(function() return 1 - bad end))
  print(pcall(function() return bad * bad end))
  print(pcall(function() return -bad end))
  print(pcall(function() return bad // 1 end))
end
for _, bad in ipairs { {}, true, print } do
  print((select(2, pcall(function() return bad .. "x" end))))
  print((select(2, pcall(function() return "x" .. bad end))))
  print((select(2, pcall(function() return 1 .. bad end))))
end
print(pcall(function() return nil .. "x" end))
print(pcall(function() return "a" .. "b" .. nil .. "c" end))
print(pcall(function() local t = {} return "a" .. t.x .. "c" end))
print(string.len(123), string.upper(12), ("x"):rep("3"), ("abc"):sub("2", 3.0), pcall(string.sub, "abc", 1.5), pcall(string.rep, "x", "1.5"), pcall(string.rep, "x", "y"))
print(pcall(function() for i = "1", 2 do print("never") end end))
print(pcall(function() for i = 1, "2" do print("never") end end))
print(pcall(function() for i = 1, 2, {} do print("never") end end))
print(math.max(1, 2.5), math.floor(3.7), pcall(math.floor, "3.7"), pcall(math.floor, "x"), math.abs("-3"))
