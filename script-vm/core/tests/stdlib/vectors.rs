//! `vec2` and `vec3`.

use super::check;

#[test]
fn constructors() {
    check(
        "print(vec2(1, 2), vec2(3), vec2(), vec2(1, nil), vec2('4', 5.5))",
        "vec2(1, 2)\tvec2(3, 3)\tvec2(0, 0)\tvec2(1, 0)\tvec2(4, 5.5)\n",
    );
    check(
        "print(vec3(1, 2, 3), vec3(3), vec3(), vec3(1, 2), vec3(vec2(1, 2)), vec3(vec2(1, 2), 7))",
        "vec3(1, 2, 3)\tvec3(3, 3, 3)\tvec3(0, 0, 0)\tvec3(1, 2, 0)\tvec3(1, 2, 0)\tvec3(1, 2, 7)\n",
    );
    check(
        "print(vec2(vec3(1, 2, 3)), vec3(vec3(4, 5, 6)), type(vec2()), type(vec3()))",
        "vec2(1, 2)\tvec3(4, 5, 6)\tvec2\tvec3\n",
    );
    check(
        "print(pcall(vec2, 'x'))",
        "false\tbad argument #1 to 'vec2' (number expected, got string)\n",
    );
}

#[test]
fn components_and_swizzles() {
    check(
        "local v = vec3(1, 2, 3) print(v.x, v.y, v.z, v.xy, v.zx, v.zyx, v.xxx)",
        "1.0\t2.0\t3.0\tvec2(1, 2)\tvec2(3, 1)\tvec3(3, 2, 1)\tvec3(1, 1, 1)\n",
    );
    check(
        "local v = vec2(1, 2) print(v.yx, v.xyx, v.z, v.xz, v.nothing, v[1])",
        "vec2(2, 1)\tvec3(1, 2, 1)\tnil\tnil\tnil\tnil\n",
    );
    check(
        "local v = vec2(1, 2) v.x = 3",
        "error: test:1: a vec2 is a value and cannot be changed in place (local 'v'); assign a new one, e.g. v = vec2(1, v.y)\n",
    );
}

#[test]
fn arithmetic() {
    check(
        "local a, b = vec2(1, 2), vec2(3, 5) print(a + b, a - b, a * b, b / a, -a)",
        "vec2(4, 7)\tvec2(-2, -3)\tvec2(3, 10)\tvec2(3, 2.5)\tvec2(-1, -2)\n",
    );
    check(
        "local a = vec3(1, 2, 4) print(a * 2, 2 * a, a / 2, 8 / a, a * 0.5)",
        "vec3(2, 4, 8)\tvec3(2, 4, 8)\tvec3(0.5, 1, 2)\tvec3(8, 4, 2)\tvec3(0.5, 1, 2)\n",
    );
    check(
        "print(vec2(1, 2) == vec2(1, 2), vec2(1, 2) == vec2(2, 1), vec2() == vec3(), vec2(0, 0) == vec2(-0.0, 0), rawequal(vec3(1), vec3(1)))",
        "true\tfalse\tfalse\ttrue\ttrue\n",
    );
    check(
        "local t = { [vec2(1, 2)] = 'found' } print(t[vec2(1, 2)], t[vec2(2, 1)])",
        "found\tnil\n",
    );
    check(
        "print(pcall(function() return vec2() + 1 end))",
        "false\ttest:1: attempt to add a 'vec2' with a 'number'\n",
    );
    check(
        "print(pcall(function() return vec2() * vec3() end))",
        "false\ttest:1: attempt to mul a 'vec2' with a 'vec3'\n",
    );
    check(
        "print(pcall(function() return nil - vec3() end))",
        "false\ttest:1: attempt to sub a 'nil' with a 'vec3'\n",
    );
    // In f32, like glam.
    check(
        "print((vec2(0.1) + vec2(0.2)).x == 0.1 + 0.2, (vec2(16777216) + vec2(1)).x)",
        "false\t16777216.0\n",
    );
}

#[test]
fn methods() {
    check(
        "local v = vec2(3, 4) print(v:length(), v:length_squared(), v:dot(vec2(1, 2)), v:cross(vec2(1, 2)), v:distance(vec2(0, 0)))",
        "5.0\t25.0\t11.0\t2.0\t5.0\n",
    );
    check(
        "local a, b = vec3(1, 0, 0), vec3(0, 1, 0) print(a:cross(b), b:cross(a), a:dot(b), a:lerp(b, 0.25), (a + b):length_squared())",
        "vec3(0, 0, 1)\tvec3(0, 0, -1)\t0.0\tvec3(0.75, 0.25, 0)\t2.0\n",
    );
    check(
        "print(vec2(0, 5):normalize(), vec2():normalize(), vec3(0, 0, -2):normalize(), vec2(1 / 0, 0):normalize())",
        "vec2(0, 1)\tvec2(0, 0)\tvec3(0, 0, -1)\tvec2(0, 0)\n",
    );
    check(
        "local a, b = vec2(1, -2), vec2(-3, 4) print(a:min(b), a:max(b), a:abs(), vec2(1.5, -1.5):floor(), a:perp())",
        "vec2(-3, -2)\tvec2(1, 4)\tvec2(1, 2)\tvec2(1, -2)\tvec2(2, 1)\n",
    );
    check(
        "local v = vec2(1, 0):rotate(math.pi / 2) print(math.abs(v.x) < 1e-7, v.y, vec3(1, 2, 3):unpack())",
        "true\t1.0\t1.0\t2.0\t3.0\n",
    );
    check("print(vec3().perp, vec3().rotate)", "nil\tnil\n");
    check(
        "print(pcall(function() return vec2():dot(vec3()) end))",
        "false\ttest:1: bad argument #1 to 'dot' (vec2 expected, got vec3)\n",
    );
    check(
        "print(pcall(function() return vec2().dot(5) end))",
        "false\ttest:1: bad argument #1 to 'dot' (vector expected, got number)\n",
    );
    check(
        "print(pcall(function() return vec2():lerp(vec2()) end))",
        "false\ttest:1: bad argument #2 to 'lerp' (number expected, got no value)\n",
    );
}
