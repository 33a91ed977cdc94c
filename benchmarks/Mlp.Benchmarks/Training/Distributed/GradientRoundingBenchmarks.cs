using BenchmarkDotNet.Attributes;
using Mlp.Training.Distributed.DataParallel.Interop;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>Rounding of gradients to float16 with error feedback, and back: the kernels against the same in a plain loop.</summary>
[MemoryDiagnoser]
[Config(typeof(SideBySide))]
public class GradientRoundingBenchmarks
{
    private float[] _gradients = null!;
    private float[] _residuals = null!;
    private Half[] _narrow = null!;

    /// <summary>Gradients.</summary>
    [Params(1 << 13, 1 << 20)]
    public int Count { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(3);
        _gradients = [.. Enumerable.Range(0, Count).Select(_ => (float)(random.NextDouble() - 0.5))];
        (_residuals, _narrow) = (new float[Count], new Half[Count]);
    }

    /// <summary>One number after the other.</summary>
    [Benchmark(Baseline = true)]
    public void Loop()
    {
        for (var i = 0; i < _gradients.Length; i++)
        {
            var value = _gradients[i] + _residuals[i];
            _narrow[i] = (Half)Math.Clamp(value, -20_000, 20_000);
            _residuals[i] = value - (float)_narrow[i];
        }

        for (var i = 0; i < _gradients.Length; i++)
        {
            _gradients[i] = (float)_narrow[i];
        }
    }

    /// <summary>The kernels.</summary>
    [Benchmark]
    public void Kernels()
    {
        GradientRounding<Half>.Narrow(_gradients, _residuals, _residuals, _narrow, 1, 1, 20_000);
        GradientRounding<Half>.Widen(_narrow, _gradients, 1);
    }
}
