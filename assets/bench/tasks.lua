-- Coroutines as tasks of a game: they wait, start others and end; a scheduler wakes them. Size: frames in thousands.
local frames = tonumber((...)) * 1000
local yield, create, resume, status = coroutine.yield, coroutine.create, coroutine.resume, coroutine.status
local sleeping, log = {}, 0
local function spawn(body, ...)
  local task = create(body)
  local _, delay = resume(task, ...)
  if status(task) ~= "dead" then sleeping[#sleeping + 1] = { task = task, left = delay } end
end
local function wait(n) yield(n) end
local function patrol(id)
  for leg = 1, 6 do
    for step = 1, 3 do
      log = (log + id * leg + step) % 1000000007
      wait(1)
    end
    wait(leg % 3 + 1)
  end
end
local function spawner(rate)
  local id = 0
  while true do
    id = id + 1
    spawn(patrol, id)
    wait(rate)
  end
end
for rate = 2, 5 do spawn(spawner, rate) end
for frame = 1, frames do
  local kept = 0
  for i = 1, #sleeping do
    local entry = sleeping[i]
    entry.left = entry.left - 1
    if entry.left <= 0 then
      local _, delay = resume(entry.task)
      entry.left = delay
    end
    if entry.left then
      kept = kept + 1
      sleeping[kept] = entry
    end
  end
  for i = #sleeping, kept + 1, -1 do sleeping[i] = nil end
end
print(string.format("tasks %d %.6f %d", frames, log, #sleeping))
