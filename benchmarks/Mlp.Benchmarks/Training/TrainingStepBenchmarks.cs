using BenchmarkDotNet.Attributes;

namespace Mlp.Benchmarks.Training;

/// <summary>A training step of 128 rows on one thread: the same operators by hand, our loop, and TorchSharp's own optimizer and loader.</summary>
[MemoryDiagnoser]
public class TrainingStepBenchmarks
{
    private StepSubject? _subject;
    private HandWrittenStep? _byHand;
    private TorchSharpStep? _torchSharp;

    /// <summary>The network.</summary>
    [Params("mlp", "convolutions")]
    public string Network { get; set; } = "mlp";

    /// <summary>Makes the networks.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _subject = Network == "mlp" ? StepSubject.Mlp() : StepSubject.Convolutions();
        (_byHand, _torchSharp) = (new(_subject), new(_subject));
    }

    /// <summary>Frees them.</summary>
    [GlobalCleanup]
    public void CleanUp()
    {
        _torchSharp?.Dispose();
        _byHand?.Dispose();
        _subject?.Dispose();
    }

    /// <summary>A loop by hand.</summary>
    [Benchmark(Baseline = true)]
    public void ByHand() => _byHand!.Step();

    /// <summary>Our loop.</summary>
    [Benchmark]
    public void ThisLibrary() => _subject!.Step();

    /// <summary>TorchSharp's optimizer and loader.</summary>
    [Benchmark]
    public void TorchSharpOptimizerAndLoader() => _torchSharp!.Step();
}
