using System.Globalization;
using Mlp.Runtime.Predictions;

namespace Mlp.Integration.Tests.Crash;

/// <summary>What a workload was told that is done, by its lines. Safe for many threads.</summary>
internal sealed class Acknowledged
{
    private readonly Lock _gate = new();

    /// <summary>First numbers of ingested batches.</summary>
    public HashSet<long> Batches { get; } = [];

    /// <summary>Pushed numbers and the account of each.</summary>
    public Dictionary<long, string> Pushes { get; } = [];

    public Dictionary<PredictionId, double> Predictions { get; } = [];

    public Dictionary<PredictionId, double> Labels { get; } = [];

    public HashSet<int> Versions { get; } = [];

    /// <summary>Revisions of the alias and the version of each.</summary>
    public Dictionary<long, int> Moves { get; } = [];

    /// <summary>How many lines of each kind there were.</summary>
    public IReadOnlyDictionary<string, int> Counts => new Dictionary<string, int>
    {
        ["batch"] = Batches.Count,
        ["push"] = Pushes.Count,
        ["prediction"] = Predictions.Count,
        ["label"] = Labels.Count,
        ["version"] = Versions.Count,
        ["alias"] = Moves.Count,
    };

    public void Add(string line)
    {
        lock (_gate)
        {
            switch (line.Split(' '))
            {
                case ["batch", _, var first]:
                    Batches.Add(Int64(first));
                    break;
                case ["push", var account, var number]:
                    Pushes.Add(Int64(number), account);
                    break;
                case ["prediction", var id, var score]:
                    Predictions.Add(PredictionId.Parse(id), Double(score));
                    break;
                case ["label", var id, var value]:
                    Labels.Add(PredictionId.Parse(id), Double(value));
                    break;
                case ["version", var version]:
                    Assert.True(Versions.Add((int)Int64(version)), $"Version {version} was handed out twice.");
                    break;
                case ["alias", var revision, var version]:
                    Moves.Add(Int64(revision), (int)Int64(version));
                    break;
                default:
                    throw new InvalidOperationException($"Unexpected line '{line}'.");
            }
        }
    }

    /// <summary>What is acknowledged at this moment.</summary>
    public Acknowledged Copy()
    {
        lock (_gate)
        {
            var copy = new Acknowledged();
            copy.Add(this);
            return copy;
        }
    }

    public void Add(Acknowledged other)
    {
        Batches.UnionWith(other.Batches);
        Versions.UnionWith(other.Versions);
        Copy(other.Pushes, Pushes);
        Copy(other.Predictions, Predictions);
        Copy(other.Labels, Labels);
        Copy(other.Moves, Moves);
    }

    private static void Copy<TKey, TValue>(Dictionary<TKey, TValue> from, Dictionary<TKey, TValue> to)
        where TKey : notnull
    {
        foreach (var (key, value) in from)
        {
            to[key] = value;
        }
    }

    private static long Int64(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static double Double(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
