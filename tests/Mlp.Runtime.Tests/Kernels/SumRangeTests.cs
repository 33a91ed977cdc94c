using Mlp.Runtime.Kernels.Steps;
using Mlp.Runtime.Models;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Kernels;

/// <summary>Sums whose order decides more than their last bits: they are recognised, and ONNX Runtime answers them.</summary>
public sealed class SumRangeTests
{
    private static readonly float[] Huge = [1e38f, -1e38f, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN];

    [Fact]
    public void LargestInput_LeavesHalfOfTheRangeToTheSum()
    {
        double[,] weights = { { 2, 0 }, { -3, 0 } };

        Assert.Equal(((float.MaxValue / 2.0) - 7) / 5, SumRange.LargestInput(float.MaxValue, 2, 2, (i, o) => weights[i, o], o => o == 0 ? -7 : 0));
        Assert.Equal(float.MaxValue, SumRange.LargestInput(float.MaxValue, 2, 1, (i, _) => weights[i, 1], _ => 1));
        Assert.Equal(0, SumRange.LargestInput(float.MaxValue, 2, 1, (_, _) => double.PositiveInfinity, _ => 1));
        Assert.Equal(0, SumRange.LargestInput(float.MaxValue, 2, 1, (_, _) => 1, _ => double.NaN));
    }

    [Fact]
    public void IsBeyond_ANumberAnywhere_IsFound()
    {
        for (var length = 0; length < 70; length++)
        {
            float[] numbers = [.. Enumerable.Range(0, length).Select(i => i % 3 == 0 ? float.NaN : i % 2 == 0 ? 10 : -10)];
            Assert.False(SumRange.IsBeyond<float>(numbers, 10));
            Assert.False(SumRange.IsBeyond<double>([.. numbers.Select(n => (double)n)], 10));
            for (var i = 0; i < length; i++)
            {
                foreach (var beyond in new[] { 10.5f, -10.5f, float.PositiveInfinity, float.NegativeInfinity })
                {
                    var changed = (float[])numbers.Clone();
                    changed[i] = beyond;
                    Assert.True(SumRange.IsBeyond<float>(changed, 10));
                    Assert.True(SumRange.IsBeyond<double>([.. changed.Select(n => (double)n)], 10));
                }
            }
        }
    }

    /// <summary>The infinities are beyond the greatest number, also where weights of zero leave room for every number.</summary>
    [Fact]
    public void IsBeyond_InfinityWithoutLimit_IsBeyond() => Assert.True(SumRange.IsBeyond<float>([1, float.NegativeInfinity], float.MaxValue));

    [Theory]
    [InlineData("Relu", "Sigmoid", 8, 1)]
    [InlineData("Relu", null, 33, 1)]
    [InlineData("Relu", null, 16, 20)]
    [InlineData("Relu", "Sigmoid", 8, 24, 1)]
    [InlineData("Tanh", null, 32, 40, 3, 1)]
    public void Run_RowsOfHugeNumbers_AnswersAsOnnxRuntimeDoes(string activation, string? last, params int[] widths)
    {
        using var fixture = new KernelFixture(NetworkKernelTests.Network(widths, activation, last), "y");
        var program = fixture.Recognise();
        var random = new Random(5);
        for (var round = 0; round < 40; round++)
        {
            const int RowCount = 9;
            var features = new float[RowCount * widths[0]];
            for (var i = 0; i < features.Length; i++)
            {
                features[i] = random.Next(4) == 0 ? Huge[random.Next(Huge.Length)] : random.NextSingle() - 0.5f;
            }

            AssertAlike(fixture.RunEngine(features, RowCount), fixture.RunServed(program, features, RowCount));
            AssertAlike(fixture.RunEngine(features[..widths[0]], 1), fixture.RunServed(program, features[..widths[0]], 1));
        }
    }

    [Fact]
    public void Run_RowWithinTheRange_StaysWithTheKernelAndRowsBeyondAllocateNothing()
    {
        using var fixture = new KernelFixture(NetworkKernelTests.Network([32, 1], "Relu", null), "y");
        var program = fixture.Recognise();
        float[] ordinary = [.. Enumerable.Range(0, 32).Select(i => i == 7 ? float.NaN : i / 10f)];
        float[] huge = [.. Enumerable.Range(0, 32).Select(i => i % 2 == 0 ? float.MaxValue : float.MinValue)];
        var allocated = new List<long>();

        Assert.Equal(fixture.Run(program, ordinary, 1), fixture.RunServed(program, ordinary, 1, Measure));
        Assert.Equal(fixture.RunEngine(huge, 1), fixture.RunServed(program, huge, 1, Measure));

        Assert.Equal([0, 0], allocated);

        void Measure(Action run) => allocated.Add(Allocations.OfBestRun(run));
    }

    private static void AssertAlike(double[] expected, double[] found)
        => Assert.All(expected.Zip(found), p => Assert.InRange(GoldenRows.Difference(p.First, p.Second), 0, 1e-5));
}
