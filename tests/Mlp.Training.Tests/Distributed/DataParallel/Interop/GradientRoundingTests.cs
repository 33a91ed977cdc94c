using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel.Compression;
using Mlp.Training.Distributed.DataParallel.Interop;

namespace Mlp.Training.Tests.Distributed.DataParallel.Interop;

/// <summary>Rounding of gradients against the same in plain code, and what it loses in the long run: nothing.</summary>
public sealed class GradientRoundingTests
{
    private const float HalfLimit = 20_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Narrow_AnyLengthAndValue_IsThatOfPlainCode(bool keeps)
    {
        var random = new Random(5);
        for (var length = 0; length < 70; length++)
        {
            var (gradients, residuals) = (Values(random, length), keeps ? Values(random, length, isFinite: true) : []);
            Check<Half>(gradients, residuals, v => (Half)v, v => (float)v);
            Check<BFloat16>(gradients, residuals, v => (BFloat16)v, v => (float)v);
        }
    }

    [Fact]
    public void Widen_AnyLengthAndValue_IsThatOfPlainCode()
    {
        var random = new Random(6);
        for (var length = 0; length < 70; length++)
        {
            var narrow = Values(random, length).Select(v => (Half)v).ToArray();
            var (found, numbers) = (new float[length], narrow.Where(v => !Half.IsNaN(v)).Select(v => Math.Abs((float)v)));
            var largest = GradientRounding<Half>.Widen(narrow, found, 0.25f);

            Assert.Equal(narrow.Select(v => (float)v * 0.25f), found);
            Assert.Equal(narrow.Any(Half.IsNaN) ? float.NaN : numbers.DefaultIfEmpty(0).Max(), largest);
        }
    }

    [Fact]
    public void Narrow_ManySteps_SendsTheSumOfTheGradientsButForOneRounding()
    {
        Check<Half>(v => (float)v, 1 / 2048.0);
        Check<BFloat16>(v => (float)v, 1 / 256.0);

        static void Check<T>(Func<T, float> widen, double rounding)
            where T : unmanaged
        {
            const int Length = 100;
            var (random, residuals, narrow) = (new Random(7), new float[Length], new T[Length]);
            var (given, sent, lost) = (new double[Length], new double[Length], new double[Length]);
            var largest = 0.0;
            for (var step = 0; step < 500; step++)
            {
                var gradients = Enumerable.Range(0, Length).Select(i => (float)((random.NextDouble() - 0.3) * Math.Pow(10, -(i % 8)))).ToArray();
                GradientRounding<T>.Narrow(gradients, residuals, residuals, narrow, 256, 256, 30_000);
                for (var i = 0; i < Length; i++)
                {
                    (given[i], sent[i]) = (given[i] + gradients[i], sent[i] + (widen(narrow[i]) / 256.0));
                    largest = Math.Max(largest, Math.Abs(widen(narrow[i]) / 256.0) / Math.Pow(10, -(i % 8)));
                }
            }

            for (var i = 0; i < Length; i++)
            {
                // What is not sent yet is the residual, which is one rounding of what was sent last, at most.
                var size = largest * Math.Pow(10, -(i % 8));
                Assert.Equal(given[i], sent[i] + residuals[i], 500 * size * 6e-8);
                Assert.True(Math.Abs(given[i] - sent[i]) <= (size * rounding) + (500 * size * 6e-8) + 1e-10, $"{i}: {given[i]} {sent[i]}");
            }
        }
    }

    [Fact]
    public void NarrowAndWiden_AllocateNothing()
    {
        var (gradients, residuals, narrow) = (new float[1000], new float[1000], new Half[1000]);

        Assert.Equal(0, Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                GradientRounding<Half>.Narrow(gradients, residuals, residuals, narrow, 2, 2, 100);
                GradientRounding<Half>.Widen(narrow, gradients, 0.5f);
            }
        }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(64)]
    [InlineData(1000)]
    public void LimitOf_AllRanksAtTheLimit_SumToANumber(int worldSize)
    {
        Assert.True(Half.IsFinite((Half)(worldSize * (float)(Half)NarrowingTransport<Half>.LimitOf(worldSize))));
        Assert.True(float.IsFinite((float)(BFloat16)(worldSize * (float)(BFloat16)NarrowingTransport<BFloat16>.LimitOf(worldSize))));
    }

    private static void Check<T>(float[] gradients, float[] residuals, Func<float, T> round, Func<T, float> widen)
        where T : unmanaged
    {
        var (narrow, next) = (new T[gradients.Length], new float[residuals.Length]);
        GradientRounding<T>.Narrow(gradients, residuals, next, narrow, 0.5f, 4, HalfLimit);
        for (var i = 0; i < gradients.Length; i++)
        {
            var value = (gradients[i] * 0.5f) + (residuals.Length > 0 ? residuals[i] * 4 : 0);
            var expected = round(float.IsFinite(value) ? Math.Clamp(value, -HalfLimit, HalfLimit) : value);
            Assert.Equal(widen(expected), widen(narrow[i]));
            if (next.Length > 0)
            {
                Assert.Equal(float.IsFinite(value) ? (value - widen(expected)) / 4 : residuals[i], next[i]);
            }
        }
    }

    private static float[] Values(Random random, int length, bool isFinite = false)
    {
        float[] special = [0, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1e-9f, -3e-6f, 65504, -70000, 1e30f];
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(6) == 0 && !isFinite
            ? special[random.Next(special.Length)]
            : (float)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-6, 5))))];
    }
}
