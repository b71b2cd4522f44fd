--- strings.format_numbers 12 8
try(string.format, "‹%d¦%5d¦%-5d|¦%05d¦%+d¦% d¦%i¦%x¦%X¦%#x¦%o¦%u¦%c¦%.3d¦%8.3d›", $i & 0x7f | 32)
try(string.format, "‹%d¦%x¦%5d¦%o¦%i¦%X›", ‹$i¦3.0¦"10"¦2^31¦-1›)
print(string.format("‹%f¦%.2f¦%8.3f¦%-10.1f|¦%+.0f¦%e¦%.3e¦%E¦%g¦%.3g¦%G¦%#.0f¦%010.2f¦%.14g¦%.17g¦%a›", nn($n)))
print(string.format("%s %d %5.1f %q", $s, $i, nn($f), $i))
print(string.format("%.14g|%.3f|%g", nn($f), nn($n), ‹1e15¦1e16¦0.1¦-0.0¦100¦1e-5¦123456789¦2^53¦1e100›))
--- strings.format_strings 10 8
try(string.format, "[‹%s¦%10s¦%-10s¦%.3s¦%10.2s¦%-8.1s›]", $s)
print(string.format("%q", ‹$s¦"a\nb\0c\"d\\\r\t\1272"¦$i¦1.5¦1/0¦-1/0¦math.mininteger¦true¦nil¦0.1›))
print(string.format("%s|%s|%s|%%", $i, $b, nil), string.format("%5s%-5s|", true, 12))
print(string.format("%c%c%c", 72, 105, $i & 127))
try(string.format, $q, $v, $v)
--- strings.sub 9 8
local s = $s
for _, i in ipairs({$d, 0, 1, -1, math.maxinteger, math.mininteger}) do print(s:sub(i), s:sub(i, $d), s:sub(-i - 1, i), (s:byte(i))) end
print(#s, s:len(), s:upper(), s:lower(), s:reverse(), s:rep(2, ","), s:rep(0), s:rep(‹-1¦1¦3›, $q))
print(s:byte(1, -1)) print(s:byte($d, $d)) print(("x"):byte(10))
print(string.char(s:byte(1, 5)) == s:sub(1, 5), s < $s, s <= s, s == s:sub(1))
--- strings.find 12 8
local s = ‹$s¦"key = value, other=12; k3 = 0x1F"¦"THE (quick) fox"¦"  trim me  "¦"a.b.c-d"¦"x1y22z333"¦"[[nested [brackets]]]"¦"line1\nline2\r\n\nline4"›
print(s:find(‹"%d+"¦"(%w+)%s*=%s*(%w+)"¦"[%w_]+"¦"^%s*(.-)%s*$"¦"%b[]"¦"%b()"¦"()%."¦"[^%w]"¦"%f[%w]%w+"¦"(.)(.)"¦"x?y"¦"[a-f]-%d"¦"\n"¦"%s$"¦"[%]]"¦"(a*(.)%w(%s*))"¦""¦"."¦"%-"¦"[%a%-]+"¦"%x+"¦"()"¦"(.-)%1"›))
print(s:match(‹"(%a+)"¦"%s(%a+)"¦"(%d+)(%a*)"¦"^(.)"¦".-(%d)"¦"(.)%1"¦"%((.-)%)"¦"=(.*)"¦"%u%l*"¦"[^,;]*"¦"(%a)(%a)(%a)"¦"%S+$"¦"%f[%d]%d+"›, ‹1¦3¦-4¦100›))
print(s:find(‹"."¦"a"¦" "¦"(q"¦"]"¦""›, ‹1¦2¦-3¦50›, true))
try(string.find, s, $q)
try(string.match, s, $q, $d)
for w in s:gmatch(‹"%a+"¦"%d"¦"(%w)(%w)"¦"[^%s]+"¦"()%w"¦""¦"(%w+)=(%w+)"¦"%s*"›) do print("w", w) end
for a, b in s:gmatch("(%w)(%W?)", ‹1¦4¦-2›) do print(a, b) end
--- strings.gsub 12 10
local s = ‹$s¦"hello world from Lua"¦"abc $Name def $Other"¦"a,b,,c"¦"x = 1; y = 22"›
print(s:gsub(‹"%w+"¦"o"¦"(%w)(%w)"¦"%s"¦""¦"^%w"¦"."¦"%$(%w+)"¦",?"¦"l*"¦"(%d)"›, ‹"<%0>"¦"%1"¦"%%"¦"[%1]"¦""¦"%0%0"›, ‹$p¦nil¦0¦-1›))
print(s:gsub("%w+", ‹{hello = "bye", a = 1, b = 2.5, x = false}¦setmetatable({}, {__index = function(_, k) return #k > 1 and k:upper() or nil end})›))
print(s:gsub("(%w)(%w*)", function(a, b) ‹return b .. a¦return nil¦return false¦if #b > 2 then return a:upper() .. b end¦return #b, a¦return nn($n)› end))
local count = 0
print((s:gsub("%w", function(c) count = count + 1 if count % 2 == 0 then return c:upper() end end)), count)
try(string.gsub, s, $q, $q)
try(function() return s:gsub("%w", function(c) if c == "o" or c == "a" then error("in callback", 0) end end) end)
--- strings.numbers 12 8
for _, s in ipairs({"10", "0x10", " 12 ", "1e1", "1e", "0x", "", " ", "1 2", ".5", "5.", "0x.8", "0x1p4", "inf", "nan", "-0", "- 1", "+1", "1_000", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "0xffffffffffffffffff", "1e400", "\t7\n", "0b1", "1\0", $s}) do print(tonumber(s), math.type(tonumber(s))) end
print(tonumber(‹"ff"¦"zz"¦"1010"¦"-7f"¦"8"¦" 11 "¦"7fffffffffffffff"¦"ffffffffffffffffff"¦""¦"1.0"›, ‹2¦8¦16¦36¦10›))
print(tonumber($v), tonumber(nil), tonumber({}), tonumber(true))
print("10" + 5, "0x10" * 2, "3" / 1, "7" // "2", "7.5" % 2, -"2", "2" ^ 2, 10 .. 20, "1e1" + 0)
try(function() return ‹"abc"¦"1x"¦""¦"0x"¦"10"¦" 5 "¦"1.0"› ‹+ 1¦* $n¦// 2¦& 7¦<< 1¦.. 1¦< 2¦== 10› end)
print(tostring($e), tostring(-0.0), tostring(1e15), 1e16, 2^63, 1e100, 123456.789, 0.1, 100 // 1e0, 3 | 0, 1e15 // 1)
--- strings.concat 8 8
local a, b = $s, $i
local s = a .. b .. 1.5 .. "x" .. $p .. 2^31 .. -0.0
print(s, #s)
try(function() return a .. ‹nil¦{}¦true¦print¦b¦"x"› .. "y" end)
try(function() local t = {} return "a" .. t.x end)
try(function() return 1 .. 2 .. ‹$x¦3› end)
local acc = ""
for i = 1, ‹3¦9› do acc = acc .. i .. "," .. (i % 2 == 0 and "e" or "o") end
print(acc, ("x"):rep(3) .. ("y"):rep(2, "-"))
--- strings.compare 6 6
local t = {$s, "a", "B", "", "a\0b", "a\0c", "\xff", "aa", "Z", "10", "9"}
for i = 1, #t do local n = 0 for j = 1, #t do if t[i] < t[j] then n = n + 1 end if t[i] <= t[j] then n = n + 100 end if t[i] == t[j] then n = n + 10000 end end print(n) end
--- strings.methods 6 6
string.$k = function(s, n) return s .. "!" .. str(n) end
print(("abc"):$k(1), ($s):$k($v))
string.$k = nil
try(function() return ("abc"):$k(1) end)
print(("x").rep == string.rep, ("x").nope, #"abc", -"2", ("%d"):format(3.0), ("a"):rep(3):upper():len())
--- strings.utf8 9 10
local s = ‹"h\u{E9}llo \u{20AC} \u{1F600}"¦"abc"¦""¦"\u{7FFFFFFF}"¦"\xff"¦"a\x80b"¦"\u{D7FF}"›
print(utf8.len(s), #s, utf8.len(s, 1, -1, true)) try(utf8.len, s, ‹1¦2¦-1¦5›)
try(function() for p, c in utf8.codes(s) do print(p, c) end end)
try(function() return utf8.codepoint(s, 1, -1) end)
try(utf8.offset, s, ‹1¦2¦-1¦0¦3›, ‹1¦2¦nil›)
print(utf8.char(72, 228, 8364, 128512), utf8.char(), utf8.char($i & 0xffff), utf8.charpattern)
for c in s:gmatch("[\0-\x7F\xC2-\xFD][\x80-\xBF]*") do print(#c) end
--- strings.long 4 20
local parts = {}
for i = 1, ‹20¦50¦100› do parts[i] = ("%d:%s"):format(i, ("ab"):rep(i % 5)) end
local s = table.concat(parts, ";")
print(#s, s:sub(1, 20), s:sub(-20), select(2, s:gsub(";", "")), s:find("19:", 1, true))
local h = 0
for i = 1, #s, 3 do h = (h * 31 + s:byte(i)) % 1000003 end
print(h)
local words = {}
for w in s:gmatch("%d+") do words[#words + 1] = w + 0 end
print(#words, words[#words])
--- strings.twins 12 60
local n = ‹2¦5¦9¦10¦11¦13¦20›
local unit = ‹"abcd"¦"x"¦$q .. "=" .. $d¦"key" .. $p¦("%04d"):format($p)›
local function repeated(u, k) return (u:rep(k)) end
local function joined(u, k) local t = {} for i = 1, k do t[i] = u end return table.concat(t) end
local function added(u, k) local s = "" for i = 1, k do s = s .. u end return s end
local function cut(u, k) return (("<" .. u:rep(k) .. ">"):sub(2, -2)) end
local function replaced(u, k) return ((("#"):rep(k):gsub("#", (u:gsub("%%", "%%%%"))))) end
local function formatted(u, k) return ("%s%s"):format(u, u:rep(k - 1)) end
local makers = {repeated, joined, added, cut, replaced, formatted}
local seen, first = {}, repeated(unit, n)
local function same(a, b) if a == b then return "same" else return "other" end end
local function class(s) if s ~= first then return 0 elseif s == unit then return 1 end return 2 end
for i = 1, #makers do
  local s = makers[i](unit, ‹n¦n¦n + i % 2¦n - i // 6›)
  local other = makers[#makers + 1 - i](unit, n)
  seen[s] = (seen[s] or 0) + 1
  print(#s, same(s, other), same(s, s .. ""), s == other, s ~= first, s < other, s <= other, rawequal(s, other), class(s), s == ‹s:sub(1, -2)¦s:sub(2)¦s:sub(1, -2) .. "!"¦$s›)
  ‹while s == other do other = other .. "." end¦local t = {[other] = i} print(t[s], t[first])¦repeat s = s:sub(2) until s ~= other¦print(s == other and "and" or "or", not (s == other))›
end
for k, v in spairs(seen) do print(#k, v) end
--- strings.long_names 6 40
local long_name_of_a_local_that_has_more_than_forty_bytes = {a_field_whose_name_is_longer_than_forty_bytes_by_some = $i, f = 1}
local object = long_name_of_a_local_that_has_more_than_forty_bytes
function object:a_method_whose_name_is_longer_than_forty_bytes_by_some(x) return self.a_field_whose_name_is_longer_than_forty_bytes_by_some, x end
a_global_whose_name_is_longer_than_forty_bytes_by_some = $v
local key = table.concat({"a_field_whose_name_is_longer_than", "forty_bytes_by_some"}, "_")
for i = 1, ‹2¦30› do
  object[key] = i
  if object.a_field_whose_name_is_longer_than_forty_bytes_by_some ~= object[key] or key ~= "a_field_whose_name_is_longer_than_forty_bytes_by_some" then print("differs", i) end
  if object[key .. ‹""¦"x"›] == nil then object.f = object.f + 1 end
end
print(object:a_method_whose_name_is_longer_than_forty_bytes_by_some($i)) print(object.f, _G[("a_global_whose_name_is_longer_than_forty_") .. "bytes_by_some"])
for k, v in spairs(object) do print(k, str(v)) end
try(function() return object.a_missing_field_whose_name_is_longer_than_forty_bytes.x end)
a_global_whose_name_is_longer_than_forty_bytes_by_some = nil
