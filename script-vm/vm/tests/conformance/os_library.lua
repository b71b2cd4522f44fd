-- os: dates in UTC, times from tables, files by name, environment.
local formats = { "%a %A %b %B %d %e %j %m %y %Y %C %G %g %V %U %W %u %w", "%H:%M:%S %I %p %r %R %T %D %F %x %X %c", "%n%t%% %Z %z %h", "%Ec %EC %Ex %EX %Ey %EY", "%Od %Oe %OH %OI %Om %OM %OS %Ou %OU %OV %Ow %OW %Oy", "plain" }
for _, moment in ipairs { 0, 1, 86399, 86400, 951782400, 1e9, 1700000000, 1709164800, 4102444800, -1, -86401, -2208988800, 253402300799, 32503680000 } do
  for _, format in ipairs(formats) do print(os.date("!" .. format, moment)) end
  local t = os.date("!*t", moment)
  print(t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, t.isdst)
end
for _, format in ipairs { "%Q", "%", "%E", "%Eq", "%O", "%Oc", "%5d", "a%", "%k %", "%\0" } do print(pcall(os.date, "!" .. format, 0)) end
print(os.date("!%Y\0%m", 0), #os.date("!\0", 0), os.date("", 0), os.date("!", 0), pcall(os.date, "!*t", 1 << 60), pcall(os.date, "*t", math.mininteger), pcall(os.date, {}), pcall(os.date, "%c", 1.5), pcall(os.date, "%c", "x"))
print(type(os.time()), os.time() - os.time() == 0, math.type(os.time()), type(os.clock()), math.type(os.clock()), os.date("!%Y") == os.date("!*t").year .. "")
-- Fields out of range are carried over, and the table is brought into shape.
for _, t in ipairs {
  { year = 2020, month = 1, day = 1 }, { year = 2020, month = 14, day = -3, hour = 25, min = 61, sec = -5 }, { year = 1970, month = 1, day = 1, hour = 0 }, { year = 2024, month = 2, day = 30 },
  { year = "2020", month = "02", day = " 3 " }, { year = 2020.0, month = 1, day = 1, hour = 0, min = 0, sec = 100000 }, { year = 1900, month = 0, day = 0, hour = 0 }, { year = 2000, month = 2, day = 29, isdst = false },
  setmetatable({}, { __index = { year = 2001, month = 9, day = 9, hour = 1, min = 46, sec = 40 } }),
} do
  print(os.time(t), rawget(t, "year"), t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, t.isdst)
end
for _, t in ipairs { {}, { year = 2020 }, { year = 2020, month = 1 }, { year = "x", month = 1, day = 1 }, { year = 2020, month = 1.5, day = 1 }, { year = 1 << 40, month = 1, day = 1 }, { year = 2020, month = 1, day = 1 << 31 }, { year = -(1 << 31), month = 1, day = 1 }, { year = 2020, month = {}, day = 1 }, { year = 2020, month = 1, day = 1, hour = true } } do print(pcall(os.time, t)) end
print(pcall(os.time, 5)) print(pcall(os.time, "x")) print(os.difftime(10, 5), os.difftime(5, 10.0), pcall(os.difftime, 1), pcall(os.difftime, 1.5, 1), pcall(os.difftime))
print(os.getenv("SURELY_NOT_SET_12345"), type(os.getenv("PATH")), pcall(os.getenv), os.getenv(""), os.getenv("A=B"))
print(os.setlocale(), os.setlocale("C"), os.setlocale(nil, "numeric"), os.setlocale("no-such-locale"), pcall(os.setlocale, "C", "nothing"), os.setlocale("", "all") ~= nil)
local name = os.tmpname() print(io.open(name) ~= nil, os.rename(name, name .. ".new"), (io.open(name)), os.remove(name .. ".new"), select("#", os.remove(name)), select(3, os.remove(name)), select(3, os.rename(name, name .. "x")))
print(pcall(os.remove)) print(pcall(os.rename, "x")) print(os.remove("/nonexistent/file")) print(pcall(os.exit, {})) print(os.execute() == true, os.execute("true"), os.execute("exit 7"))
