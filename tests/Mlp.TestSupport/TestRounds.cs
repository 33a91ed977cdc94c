using System.Globalization;

namespace Mlp.TestSupport;

/// <summary>How many rounds the kill, fault and swap tests run: 10, or what <c>MLP_ROUNDS</c> says.</summary>
public static class TestRounds
{
    /// <summary>The number of rounds, at least 1.</summary>
    public static int Count { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("MLP_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) && rounds > 0
            ? rounds
            : 10;
}
