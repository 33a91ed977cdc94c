using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

public sealed class SeededRandomTests
{
    [Fact]
    public void Next_Seed1234567_MatchesTheReferenceSequence()
    {
        // SplitMix64 from 1234567: the sequence published with the reference C code (Vigna) and on Rosetta Code.
        var random = new SeededRandom(1234567);

        Assert.Equal(
            [6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL, 4593380528125082431UL, 16408922859458223821UL],
            Enumerable.Range(0, 5).Select(_ => random.Next()));
    }

    [Fact]
    public void FillDropoutMask_Rate_ZeroesThatShareAndKeepsTheMean()
    {
        var mask = new float[100_001];

        SeededRandom.For(3, "dropout").FillDropoutMask(mask, 0.25);

        Assert.InRange(mask.Count(m => m == 0) / (double)mask.Length, 0.24, 0.26);
        Assert.All(mask, m => Assert.True(m is 0 or 1f / 0.75f));
        Assert.InRange(mask.Average(), 0.98, 1.02);
    }

    [Fact]
    public void Shuffle_AnySeed_IsAPermutation()
    {
        int[] values = [.. Enumerable.Range(0, 1000)];

        SeededRandom.For(1, "order").Shuffle(values);

        Assert.Equal(Enumerable.Range(0, 1000), values.Order());
        Assert.NotEqual(Enumerable.Range(0, 1000), values);
    }
}
