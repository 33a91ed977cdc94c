using Mlp.Runtime.Kernels.Steps;

namespace Mlp.Runtime.Tests.Kernels;

/// <summary>The vectorised kernels give what their scalar twins give.</summary>
public sealed class DenseKernelTests
{
    [Fact]
    public void Multiply_AnyShape_AgreesWithScalar()
    {
        var random = new Random(1);
        foreach (var inputs in (int[])[1, 3, 4, 15, 16, 17, 32, 33, 100])
        {
            foreach (var outputs in (int[])[1, 2, 4, 5, 15, 16, 17, 31, 64, 70])
            {
                foreach (var rows in (int[])[1, 3, 4, 7, 8, 21])
                {
                    var weights = new DenseWeights(Draw(random, inputs * outputs), Draw(random, outputs), inputs, outputs);
                    var x = Draw(random, rows * inputs);
                    var (expected, found) = (new float[rows * outputs], new float[rows * outputs]);

                    DenseKernel.MultiplyScalar(x, rows, weights, expected);
                    DenseKernel.Multiply(x, rows, weights, found);

                    for (var i = 0; i < expected.Length; i++)
                    {
                        Assert.Equal(expected[i], found[i], 1e-5f * inputs);
                    }
                }
            }
        }
    }

    [Fact]
    public void Multiply_NaNAndInfinity_StayInTheirRow()
    {
        foreach (var outputs in (int[])[1, 20])
        {
            var weights = new DenseWeights([.. Enumerable.Repeat(1f, 18 * outputs)], new float[outputs], 18, outputs);
            var x = Enumerable.Repeat(1f, 9 * 18).ToArray();
            x[(2 * 18) + 17] = float.NaN;
            x[5 * 18] = float.PositiveInfinity;
            var y = new float[9 * outputs];

            DenseKernel.Multiply(x, 9, weights, y);

            for (var i = 0; i < y.Length; i++)
            {
                Assert.Equal((i / outputs) switch { 2 => float.NaN, 5 => float.PositiveInfinity, _ => 18f }, y[i]);
            }
        }
    }

    [Fact]
    public void Apply_Activations_AgreeWithScalar()
    {
        var x = Numbers();
        AssertClose<Activations.Relu>(x);
        AssertClose<Activations.LeakyRelu>(x);
        AssertClose<Activations.Sigmoid>(x);
        AssertClose<Activations.Tanh>(x);
        AssertClose<Activations.Exponential>([.. x.Where(v => !(v > 0))]);
    }

    [Fact]
    public void Apply_Arithmetic_AgreesWithScalar()
    {
        var x = Numbers();
        float[] y = [.. x.Reverse()];
        AssertSame<float, Arithmetic.Add>(x, y);
        AssertSame<float, Arithmetic.Subtract>(x, y);
        AssertSame<float, Arithmetic.Multiply>(x, y);
        AssertSame<float, Arithmetic.Divide>(x, y);
        AssertSame<float, Arithmetic.Maximum>(x, y);
        AssertSame<double, Arithmetic.Minimum>(Array.ConvertAll(x, v => (double)v), Array.ConvertAll(y, v => (double)v));
    }

    [Fact]
    public void Softmax_Rows_SumToOneAndKnowTheirExtremes()
    {
        float[] rows = [1, 2, 3, 1000, 0, -1000, float.NegativeInfinity, 0, 0, float.NaN, 1, 2, float.PositiveInfinity, 1, 2];
        var results = new float[rows.Length];

        SoftmaxStep.Apply(rows, 3, results);

        Assert.Equal(0.09003057f, results[0], 1e-6f);
        Assert.Equal(0.6652409f, results[2], 1e-6f);
        Assert.Equal([1, 0, 0], results[3..6].Select(v => MathF.Round(v, 6)));
        Assert.Equal([0, 0.5f, 0.5f], results[6..9].Select(v => MathF.Round(v, 6)));
        Assert.All(results[9..], v => Assert.True(float.IsNaN(v)));
    }

    private static float[] Numbers()
    {
        var random = new Random(2);
        return
        [
            float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, -0f, float.Epsilon, -float.Epsilon, 1e38f, -1e38f, 88.7f, -88.7f, 87.3f, -87.4f, 0.019f, -0.021f, 20, -20,
            .. Enumerable.Range(0, 500).Select(_ => (random.NextSingle() - 0.5f) * 40), .. Enumerable.Range(0, 500).Select(_ => (random.NextSingle() - 0.5f) / 10),
        ];
    }

    private static float[] Draw(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];

    private static void AssertClose<TFunction>(float[] x)
        where TFunction : struct, IActivation
    {
        var (expected, found) = (new float[x.Length], new float[x.Length]);
        ActivationStep<TFunction>.ApplyScalar(x, 0.1f, expected);
        ActivationStep<TFunction>.Apply(x, 0.1f, found);
        for (var i = 0; i < x.Length; i++)
        {
            Assert.True(expected[i].Equals(found[i]) || Math.Abs(expected[i] - found[i]) <= 1e-6 * Math.Max(1, Math.Abs(expected[i])), $"{typeof(TFunction).Name}({x[i]}) = {found[i]}, not {expected[i]}");
        }
    }

    private static void AssertSame<T, TOperation>(T[] x, T[] y)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
        where TOperation : struct, IArithmetic
    {
        var (expected, found) = (new T[x.Length], new T[x.Length]);
        ArithmeticStep<T, TOperation>.ApplyScalar(x, y, expected);
        ArithmeticStep<T, TOperation>.Apply(x, y, found);
        Assert.Equal(expected, found);
    }
}
