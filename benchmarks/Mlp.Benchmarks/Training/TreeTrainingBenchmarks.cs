using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Mlp.Runtime.Data;
using Mlp.Training.Trees;
using Mlp.Training.Trees.Interop;

namespace Mlp.Benchmarks.Training;

/// <summary>
/// Trees from rows in Arrow beside LightGBM that reads the same rows from a text file, on one thread with the same settings. One iteration is nearly all reading and binning; a hundred
/// are mostly training.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(FewIterations))]
public class TreeTrainingBenchmarks : IDisposable
{
    private const string Parameters
        = "verbosity=-1 objective=binary num_leaves=31 learning_rate=0.1 deterministic=true force_row_wise=true label_column=0 header=false";

    private string _path = null!;
    private ArrowTrainingSet _set = null!;

    /// <summary>Rows, of 20 features each.</summary>
    [Params(20_000, 200_000)]
    public int RowCount { get; set; }

    /// <summary>Trees.</summary>
    [Params(1, 100)]
    public int Iterations { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var (rows, labels) = RandomTreeRows.Draw(RowCount, seed: 1);
        _set = RandomTreeRows.ToArrow(rows, labels);
        _path = Path.Combine(Path.GetTempPath(), $"mlp-trees-{Guid.NewGuid():N}.csv");
        RandomTreeRows.WriteText(_path, rows, labels);
        LightGbmLibrary.EnsureLoaded();
    }

    /// <summary>LightGBM's own reader.</summary>
    [Benchmark(Baseline = true)]
    public string TextFile()
    {
        LightGbmLibrary.Silence();
        using var threads = new LightGbmThreads(1);
        using var dataset = LightGbmDataset.FromFile(_path, Parameters);
        using var booster = LightGbmBooster.Create(dataset, Parameters);
        for (var i = 0; i < Iterations && booster.Update(); i++)
        {
        }

        return booster.ToText(0);
    }

    /// <summary>The trainer, with its reading of labels, its checks, the losses that it tells after each iteration, and the model read back.</summary>
    [Benchmark]
    public async Task<int> ArrowAsync()
    {
        var trainer = new TreeTrainer(new TreeOptions { MaximumIterations = Iterations, ValidationShare = 0, Threads = 1 });
        using var trees = await trainer.FitAsync(_set).ConfigureAwait(false);
        return trees.Model.TreeCount;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        File.Delete(_path);
        GC.SuppressFinalize(this);
    }

    // In this process: the natives are 450 MB to copy for a process of its own.
    private sealed class FewIterations : ManualConfig
    {
        public FewIterations()
        {
            AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(1).WithIterationCount(5).WithInvocationCount(1).WithUnrollFactor(1));
            HideColumns(Column.Job, Column.Toolchain, Column.Error, Column.AllocRatio);
        }
    }
}
