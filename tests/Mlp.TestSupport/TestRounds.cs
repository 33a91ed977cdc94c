using System.Globalization;

namespace Mlp.TestSupport;

/// <summary>How many rounds the kill, fault and swap tests run: 5, or what <c>MLP_ROUNDS</c> says.</summary>
public static class TestRounds
{
    private static readonly int? Asked = Read("MLP_ROUNDS") is > 0 and var rounds ? rounds : null;

    /// <summary>The number of rounds, at least 1.</summary>
    public static int Count { get; } = Asked ?? 5;

    /// <summary>The numbers of the rounds of a test whose rounds are costly: fewer where nobody asks for more, from the first that <c>MLP_FIRST_ROUND</c> says, or 0. A round depends on nothing but its number.</summary>
    /// <param name="few">How many where <c>MLP_ROUNDS</c> says nothing.</param>
    public static IEnumerable<int> Numbers(int few) => Enumerable.Range(Read("MLP_FIRST_ROUND") ?? 0, Asked ?? few);

    /// <summary>The random numbers of a round.</summary>
    /// <param name="number">The number of the round.</param>
    public static Random RandomOf(int number)
    {
        // The first numbers of Random are nearly linear in its seed.
        var seed = ((uint)number + 1) * 0x9E3779B9;
        seed = (seed ^ (seed >> 16)) * 0x85EBCA6B;
        seed = (seed ^ (seed >> 13)) * 0xC2B2AE35;
        return new((int)((seed ^ (seed >> 16)) & int.MaxValue));
    }

    private static int? Read(string variable)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
