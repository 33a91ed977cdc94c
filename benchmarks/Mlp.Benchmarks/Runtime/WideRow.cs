namespace Mlp.Benchmarks.Runtime;

/// <summary>A record of features f0 to f31; a model that takes fewer reads the first ones.</summary>
internal readonly record struct WideRow(
    float F0, float F1, float F2, float F3, float F4, float F5, float F6, float F7, float F8, float F9, float F10, float F11, float F12, float F13, float
    F14, float F15, float F16, float F17, float F18, float F19, float F20, float F21, float F22, float F23, float F24, float F25, float F26, float F27,
    float F28, float F29, float F30, float F31)
{
    /// <summary>Makes a record.</summary>
    /// <param name="values">At most 32 values.</param>
    public static WideRow From(ReadOnlySpan<float> values)
        => new(
            At(values, 0), At(values, 1), At(values, 2), At(values, 3), At(values, 4), At(values, 5), At(values, 6), At(values, 7), At(values, 8), At(values, 9),
            At(values, 10), At(values, 11), At(values, 12), At(values, 13), At(values, 14), At(values, 15), At(values, 16), At(values, 17), At(values, 18),
            At(values, 19), At(values, 20), At(values, 21), At(values, 22), At(values, 23), At(values, 24), At(values, 25), At(values, 26), At(values, 27),
            At(values, 28), At(values, 29), At(values, 30), At(values, 31));

    private static float At(ReadOnlySpan<float> values, int index) => index < values.Length ? values[index] : 0;
}
