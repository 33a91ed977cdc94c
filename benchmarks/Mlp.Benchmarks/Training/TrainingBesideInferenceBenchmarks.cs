using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Mlp.Benchmarks.Soaks;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.Benchmarks.Training;

/// <summary>
/// What training and inference in one process cost each other: batches of 256 rows alone and beside a thread that trains without a pause, and training steps alone and beside a thread that predicts
/// without a pause. No memory diagnoser: the neighbour allocates too.
/// </summary>
[Config(typeof(SideBySide))]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory, BenchmarkLogicalGroupRule.ByParams)]
[CategoriesColumn]
public class TrainingBesideInferenceBenchmarks : IDisposable
{
    private const string Name = "neighbour";
    private const int Features = 64;
    private const int Rows = 256;

    private readonly CancellationTokenSource _stop = new();
    private string _folder = string.Empty;
    private MlPlatform _platform = null!;
    private IModel _model = null!;
    private FeatureRows _rows = null!;
    private Prediction[] _predictions = null!;
    private TrainingLoad _training = null!;
    private Thread? _neighbour;
    private Stopwatch? _neighbourTime;
    private long _neighbourCount;

    /// <summary>Threads that libtorch computes one step with.</summary>
    [Params(1, 2)]
    public int TrainingThreads { get; set; }

    /// <summary>Nothing runs beside.</summary>
    [GlobalSetup(Targets = [nameof(PredictAlone), nameof(TrainAlone)])]
    public void SetUp() => SetUpAsync().GetAwaiter().GetResult();

    /// <summary>A thread trains without a pause.</summary>
    [GlobalSetup(Target = nameof(PredictBesideTraining))]
    public void SetUpTraining()
    {
        SetUp();
        StartNeighbour(() => _training.Step());
    }

    /// <summary>A thread predicts without a pause.</summary>
    [GlobalSetup(Target = nameof(TrainBesideInference))]
    public void SetUpInference()
    {
        SetUp();
        StartNeighbour(() => _model.Predict(_rows, _predictions));
    }

    /// <summary>Ends the neighbour, says what it has done, and removes the files.</summary>
    [GlobalCleanup]
    public void CleanUp()
    {
        _stop.Cancel();
        _neighbour?.Join();
        if (_neighbourTime is { } time)
        {
            Console.WriteLine(FormattableString.Invariant(
                $"// The neighbour did {_neighbourCount} pieces of work in {time.Elapsed.TotalSeconds:0.0} s, {time.Elapsed.TotalMicroseconds / _neighbourCount:N0} us each."));
        }

        Dispose();
        _platform.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(_folder, recursive: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _training.Dispose();
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>256 rows, with nothing beside.</summary>
    [Benchmark(Baseline = true)]
    [BenchmarkCategory("inference")]
    public void PredictAlone() => _model.Predict(_rows, _predictions);

    /// <summary>256 rows, while a thread trains.</summary>
    [Benchmark]
    [BenchmarkCategory("inference")]
    public void PredictBesideTraining() => _model.Predict(_rows, _predictions);

    /// <summary>One step, with nothing beside.</summary>
    [Benchmark(Baseline = true)]
    [BenchmarkCategory("training")]
    public void TrainAlone() => _training.Step();

    /// <summary>One step, while a thread predicts.</summary>
    [Benchmark]
    [BenchmarkCategory("training")]
    public void TrainBesideInference() => _training.Step();

    private async Task SetUpAsync()
    {
        _folder = Directory.CreateTempSubdirectory("mlp-benchmark-").FullName;
        _platform = MlPlatform.CreateBuilder().UseDataDirectory(_folder).AddModel(Name).Build();
        await _platform.StartAsync();
        var manifest = await _platform.Registry.PublishAsync(Name, SoakModels.Constant(1, Features, width: 512));
        await _platform.Registry.SetAliasAsync(Name, "champion", manifest.Version, 0);
        _model = _platform.GetModel(Name);
        await _model.WaitUntilReadyAsync();
        _rows = new FeatureRows(_model.Description!.Layout, Rows);
        _rows.Reset(Rows);
        _rows.Float32.Fill(1);
        _predictions = new Prediction[Rows];
        _training = new TrainingLoad(TrainingThreads);
    }

    private void StartNeighbour(Action work)
    {
        _neighbourTime = Stopwatch.StartNew();
        _neighbour = new Thread(() =>
        {
            while (!_stop.IsCancellationRequested)
            {
                work();
                _neighbourCount++;
            }

            _neighbourTime.Stop();
        });
        _neighbour.Start();
    }
}
