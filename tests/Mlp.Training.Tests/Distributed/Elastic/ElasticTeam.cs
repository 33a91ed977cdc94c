using Mlp.Runtime.Data;
using Mlp.Training.Distributed.Elastic;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Distributed.Elastic;

/// <summary>Members that train together, a thread each.</summary>
internal sealed class ElasticTeam
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly List<Thread> _threads = [];

    /// <summary>What each has thrown; null for nothing.</summary>
    public List<Exception?> Ends { get; } = [];

    /// <summary>What each has written down.</summary>
    public List<RowRecorder> Recorders { get; } = [];

    /// <summary>What each has trained; null where it has thrown.</summary>
    public List<SortedDictionary<string, float[]>?> Weights { get; } = [];

    /// <summary>The epochs of each.</summary>
    public List<IReadOnlyList<TrainingProgress>?> Histories { get; } = [];

    /// <summary>Settings under which members end with equal weights.</summary>
    public static NetworkOptions Options(int seed = 7) => new()
    {
        BatchSize = 8,
        MaxEpochs = 4,
        EarlyStoppingPatience = 4,
        Seed = seed,
        LearningRate = 0.01,
        HiddenLayers = null,
        ValidationShare = 0,
    };

    /// <summary>Rows that the first feature tells apart.</summary>
    public static ITrainingSet Rows(int count)
    {
        var random = new Random(17);
        var noise = Enumerable.Range(0, count).Select(_ => (float)random.NextDouble()).ToArray();
        return new Rows()
            .Float32("row", [.. Enumerable.Range(0, count).Select(i => (float?)i)])
            .Float32("noise", [.. noise.Select(n => (float?)n)])
            .Label("label", [.. Enumerable.Range(0, count).Select(i => (i / (float)count) + noise[i] > 1 ? 1f : 0f)])
            .Time("time", [.. Enumerable.Range(0, count).Select(i => (long)i)])
            .Set("label", "time");
    }

    /// <summary>Starts a member.</summary>
    /// <param name="member">The member; disposed at the end.</param>
    /// <param name="rows">What it trains on.</param>
    /// <param name="configure">Changes its settings.</param>
    public void Start(ElasticGroup member, ITrainingSet rows, Action<NetworkOptions>? configure = null)
    {
        var number = Ends.Count;
        var recorder = new RowRecorder();
        Ends.Add(null);
        Weights.Add(null);
        Histories.Add(null);
        Recorders.Add(recorder);
        var options = Options();
        options.Definition = new(recorder.Layer(), Layer.Linear(8), Layer.Relu(), Layer.Output());
        options.DataParallel.Elastic.Group = member;
        options.DataParallel.Elastic.SnapshotEverySteps = 3;
        options.Callbacks.Add(recorder);
        configure?.Invoke(options);
        var thread = new Thread(() =>
        {
            try
            {
                using var network = new NetworkTrainer(options).FitAsync(rows).GetAwaiter().GetResult();
                (Weights[number], Histories[number]) = (WeightsOf(network), network.History);
            }
            catch (Exception exception)
            {
                Ends[number] = exception;
            }
        })
        { IsBackground = true };
        _threads.Add(thread);
        thread.Start();
    }

    /// <summary>Waits for the end of all.</summary>
    public void Join()
    {
        for (var i = 0; i < _threads.Count; i++)
        {
            Assert.True(_threads[i].Join(Patience), $"Member {i} hangs.");
        }
    }

    /// <summary>Each row was trained once in each epoch, however often members were lost; where the rest of an epoch was too short, up to <paramref name="spare"/> rows were trained twice.</summary>
    public void AssertRows(int count, int epochs, int spare = 0)
    {
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            var rows = Recorders.SelectMany(r => r.Rows).Where(r => r.Epoch == epoch).Select(r => r.Row).ToList();
            Assert.Equal(count, rows.Distinct().Count());
            Assert.InRange(rows.Count, count, count + spare);
        }
    }
}
