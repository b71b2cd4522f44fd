//! Library functions that move references about while the collector is in the middle of a cycle.

use interlune_core::stdlib::Libs;

use super::{new_vm, run_in};

/// Changes a list of objects at random, with steps of the collector in between, beside a list of their numbers; in the
/// end every object must be the one its number says.
const SHUFFLE: &str = "
    local list, numbers, strings = {}, {}, {}
    local made = 0
    local function object() made = made + 1 return { id = made, name = 'object ' .. made } end
    local seed = 12345
    local function random(n) seed = (seed * 16807) % 2147483647 return seed % n + 1 end
    local function add(at)
        local new = object()
        table.insert(list, at, new) table.insert(numbers, at, new.id) table.insert(strings, at, new.name .. '!')
    end
    for i = 1, 1500 do add(#list + 1) end
    local actions = {
        function() add(random(#list + 1)) end,
        function() add(#list + 1) end,
        function() local at = random(#list) table.remove(list, at) table.remove(numbers, at) table.remove(strings, at) end,
        function() table.remove(list) table.remove(numbers) table.remove(strings) end,
        function()
            -- A part moves within the list; the objects it covers are dropped.
            local from, count, to = random(#list - 50), random(40), random(#list - 50)
            table.move(list, from, from + count, to) table.move(numbers, from, from + count, to)
            table.move(strings, from, from + count, to)
        end,
        function()
            list = { table.unpack(list, 1, #list) } numbers = table.pack(table.unpack(numbers)) numbers.n = nil
            strings = table.move(strings, 1, #strings, 1, {})
        end,
    }
    local rare = {
        function()
            local order = function(a, b) if made % 7 == 0 then collectgarbage('step') end return a.id < b.id end
            table.sort(list, order) table.sort(numbers)
            table.sort(strings, function(a, b) return tonumber(a:match('%d+')) < tonumber(b:match('%d+')) end)
        end,
        function()
            table.sort(strings) for i = 1, #strings do numbers[i] = tonumber(strings[i]:match('%d+')) end
            local by_id = {} for _, o in ipairs(list) do by_id[o.id] = o end
            for i = 1, #numbers do list[i] = by_id[numbers[i]] end
        end,
    }
    for round = 1, ROUNDS do
        actions[random(#actions)]()
        if round % 97 == 0 then rare[random(#rare)]() end
        if round % 2 == 0 then collectgarbage('step') end
        if #list < 1000 then for i = 1, 500 do add(random(#list)) end end
    end
    collectgarbage()
    assert(#list == #numbers and #list == #strings)
    for i = 1, #list do
        local o = list[i]
        assert(o.id == numbers[i] and o.name == 'object ' .. o.id and strings[i] == o.name .. '!', i)
    end";

fn shuffled(rounds: u32) -> String {
    SHUFFLE.replace("ROUNDS", &rounds.to_string())
}

#[test]
fn lists_survive_incremental_collection() {
    let (mut vm, _) = new_vm(Libs::Sandbox);
    assert_eq!(run_in(&mut vm, &shuffled(4000)), Ok(()));
    vm.heap.verify();
}

#[test]
fn lists_survive_collection_at_every_safepoint() {
    let (mut vm, _) = new_vm(Libs::Sandbox);
    vm.heap.set_stress(1);
    let small = shuffled(60)
        .replace("for i = 1, 1500 do add", "for i = 1, 70 do add")
        .replace("< 1000", "< 60");
    assert_eq!(run_in(&mut vm, &small), Ok(()));
}

#[test]
fn callbacks_may_collect() {
    let (mut vm, _) = new_vm(Libs::Sandbox);
    vm.heap.set_stress(1);
    let source = "
        local function fresh(x) return ('%s-%s'):format(x, x) end
        assert(('a b c'):gsub('%a', fresh) == 'a-a b-b c-c')
        assert(('a b c'):gsub('(%a)( ?)', function(a, b) return fresh(a) .. b end) == 'a-a b-b c-c')
        assert(('k'):gsub('.', setmetatable({}, { __index = function(_, k) return fresh(k) end })) == 'k-k')
        local words = {} for a, b in ('x=1, y=2'):gmatch('(%a)=(%d)') do words[#words + 1] = fresh(a) .. fresh(b) end
        assert(table.concat(words, ' ') == 'x-x1-1 y-y2-2')
        local proxy = setmetatable({}, { __index = function(_, i) return fresh(i) end, __len = function() return 4 end, __newindex = function() end })
        assert(table.concat(proxy, ',') == '1-1,2-2,3-3,4-4')
        assert(select('#', table.unpack(proxy)) == 4 and select(4, table.unpack(proxy)) == '4-4')
        assert(table.remove(proxy, 2) == '2-2') table.insert(proxy, 1, 'x') table.sort(proxy)
        local copy = table.move(proxy, 1, 4, 1, {}) assert(table.concat(copy, ',') == '1-1,2-2,3-3,4-4')
        local objects = {} for i = 1, 20 do objects[i] = setmetatable({ k = (i * 7) % 20 }, { __lt = function(a, b) return #fresh(a.k) < #fresh(b.k) or (#fresh(a.k) == #fresh(b.k) and a.k < b.k) end }) end
        table.sort(objects) for i = 1, 20 do assert(objects[i].k == i - 1) end
        local shown = setmetatable({}, { __tostring = function() return fresh('t') end, __name = 'N' })
        assert(('%s %s'):format(shown, shown) == 't-t t-t' and tostring(shown) == 't-t')
        local pieces, at = { 'return ', fresh(1):sub(1, 1), ' + ', '1' }, 0
        assert(load(function() at = at + 1 return pieces[at] and fresh(pieces[at]):sub(1, #pieces[at]) end)() == 2)
        local order = {} for k, v in pairs(setmetatable({}, { __pairs = function(t) return function(_, k) k = (k or 0) + 1 if k < 4 then return k, fresh(k) end end, t end })) do order[k] = v end
        assert(table.concat(order, ' ') == '1-1 2-2 3-3')
        assert(string.pack('zs1', fresh('p'), fresh('q')) == 'p-p\\0\\3q-q' and string.unpack('z', fresh('u') .. '\\0') == 'u-u')
        assert(math.max(setmetatable({}, { __lt = function() return fresh('l') end }), 1) == 1)";
    assert_eq!(run_in(&mut vm, source), Ok(()));
}
