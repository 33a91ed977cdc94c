using FsCheck.Xunit;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

public sealed class FlatKernelsTests
{
    [Property(MaxTest = 50)]
    public bool SumOfSquares_AnyLength_AgreesWithAScalarSum(ushort length)
    {
        var values = Values(length % 20_000);

        var expected = values.Sum(v => (double)v * v);

        return Math.Abs(FlatKernels.SumOfSquares(values) - expected) <= 1e-6 * Math.Max(1, expected);
    }

    [Fact]
    public void Norm_SquaresLeaveFloat_IsStillFinite()
        => Assert.Equal(5e20, FlatKernels.Norm([3e20f, 4e20f]), 1e14);

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Norm_ElementIsNoNumber_IsNoNumber(float value)
    {
        var values = Values(100);
        values[77] = value;

        Assert.False(double.IsFinite(FlatKernels.Norm(values)));
        Assert.Equal(77, FlatKernels.IndexOfNonFinite(values));
    }

    [Property(MaxTest = 30)]
    public bool Average_AnyLength_MovesEveryElement(byte length)
    {
        var (average, values) = (new float[length], Values(length));

        FlatKernels.Average(average, values, 0.75f);

        return average.Zip(values).All(p => Math.Abs(p.First - (0.25f * p.Second)) <= 1e-6f);
    }

    [Fact]
    public void ScaleAndClamp_Values_AreScaledThenCutOff()
    {
        var values = Enumerable.Range(-20, 41).Select(i => (float)i).ToArray();

        FlatKernels.Scale(values, 0.5f);
        FlatKernels.Clamp(values, 3);

        Assert.Equal(Enumerable.Range(-20, 41).Select(i => Math.Clamp(i / 2f, -3, 3)), values);
    }

    [Fact]
    public void Passes_OverFlatMemory_AllocateNothing()
    {
        float[] a = Values(5000), b = Values(5000), c = new float[5000], d = new float[5000];
        var rates = new AdamRates(0.01, 0.9, 0.999, 0.1, 1e-8);

        Assert.Equal(0, Mlp.TestSupport.Allocations.OfBestRun(() =>
        {
            FlatKernels.Norm(a);
            FlatKernels.Average(c, a, 0.9f);
            FlatKernels.Adam(true, a, b, c, d, 1, rates);
        }));
    }

    private static float[] Values(int length)
    {
        var random = new SeededRandom(3);
        return [.. Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() - 0.5))];
    }
}
