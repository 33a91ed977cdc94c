using BenchmarkDotNet.Attributes;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Onnx;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Calibration;

namespace Mlp.Benchmarks.Training;

/// <summary>What a calibration adds to a model in ONNX Runtime: its nodes alone on log odds, on one thread, beside the sigmoid that they stand in for.</summary>
[MemoryDiagnoser]
public class CalibrationBenchmarks : IDisposable
{
    private readonly RunOptions _options = new();
    private readonly Dictionary<string, (InferenceSession Session, OrtIoBinding Binding)> _sessions = [];
    private float[] _odds = null!;
    private float[] _scores = null!;

    /// <summary>Rows of a call.</summary>
    [Params(1, 4096)]
    public int BatchSize { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var random = new Random(1);
        var (scores, labels) = (new double[20_000], new double[20_000]);
        for (var i = 0; i < scores.Length; i++)
        {
            var odds = (random.NextDouble() * 6) - 4;
            labels[i] = random.NextDouble() < 1 / (1 + Math.Exp(-odds)) ? 1 : 0;
            scores[i] = 1 / (1 + Math.Exp(-2 * odds));
        }

        _odds = GC.AllocateArray<float>(BatchSize, pinned: true);
        _scores = GC.AllocateArray<float>(BatchSize, pinned: true);
        for (var i = 0; i < _odds.Length; i++)
        {
            _odds[i] = (float)((random.NextDouble() * 12) - 8);
        }

        Open("sigmoid", graph => graph.AddNode("Sigmoid", ["odds"]));
        foreach (var method in new[] { CalibrationMethod.Platt, CalibrationMethod.Beta, CalibrationMethod.Isotonic })
        {
            var calibrator = ScoreCalibration.FitOnScores(ScoredRows.Binary(scores, labels), new() { Method = method }).Calibrator;
            Open(method.ToString(), graph => calibrator.Write(graph, "odds"));
        }
    }

    /// <summary>The sigmoid of a model without calibration.</summary>
    [Benchmark(Baseline = true)]
    public float Sigmoid() => Run("sigmoid");

    /// <summary>Platt.</summary>
    [Benchmark]
    public float Platt() => Run(nameof(CalibrationMethod.Platt));

    /// <summary>Beta.</summary>
    [Benchmark]
    public float Beta() => Run(nameof(CalibrationMethod.Beta));

    /// <summary>Isotonic, fitted to 20,000 rows.</summary>
    [Benchmark]
    public float Isotonic() => Run(nameof(CalibrationMethod.Isotonic));

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (var (session, binding) in _sessions.Values)
        {
            binding.Dispose();
            session.Dispose();
        }

        _options.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Open(string name, Func<OnnxGraphBuilder, string> write)
    {
        var graph = new OnnxGraphBuilder("calibration");
        graph.AddInput("odds", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        graph.AddNode("Identity", [write(graph)], output: "score");
        graph.AddOutput("score", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        var session = new InferenceSession(graph.Build(), options);
        var binding = session.CreateIoBinding();
        using var odds = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _odds.AsMemory(), [BatchSize, 1]);
        using var scores = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _scores.AsMemory(), [BatchSize, 1]);
        binding.BindInput("odds", odds);
        binding.BindOutput("score", scores);
        _sessions.Add(name, (session, binding));
    }

    private float Run(string name)
    {
        var (session, binding) = _sessions[name];
        session.RunWithBinding(_options, binding);
        return _scores[0];
    }
}
