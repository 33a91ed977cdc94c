using System.Globalization;
using System.Text;
using Mlp.Runtime.Models;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>One replica's place among those that grow trees together. Where something is decided it is rank 0 that decides. For the thread that made it.</summary>
internal sealed class TreeTeam : IDisposable
{
    private readonly ProcessGroup _group;
    private readonly LightGbmNetwork _network;
    private int _rowCount;

    /// <summary>Joins, on the thread that calls.</summary>
    /// <param name="group">The replicas; stays the caller's.</param>
    public TreeTeam(ProcessGroup group) => (_group, _network) = (group, new(group));

    /// <summary>Whether this replica decides for all.</summary>
    public bool IsFirst => _group.Rank == 0;

    /// <summary>Takes this replica's rows.</summary>
    public LightGbmDataset Take(TreeData data)
    {
        var rows = TreeShares.Of(data.Rows, _group.Rank, _group.WorldSize);
        _rowCount = rows.Length;
        var share = data.Training.Subset(rows, data.Parameters);
        if (!data.Rows.Rows.Groups.IsEmpty)
        {
            // LightGBM 4.7 loses the groups of a subset.
            share.SetGroups([.. data.Rows.GroupSizes().Where((_, group) => group % _group.WorldSize == _group.Rank)]);
        }

        return share;
    }

    /// <inheritdoc cref="LightGbmNetwork.Run"/>
    public T Run<T>(Func<T> work) => _network.Run(work);

    /// <summary>What rank 0 has measured.</summary>
    /// <param name="value">Rank 0's; the others' is not looked at.</param>
    public double Tell(double value)
    {
        Span<double> values = [value];
        _group.Broadcast(values, 0, "the metric");
        return values[0];
    }

    /// <summary>The mean over all rows of what each replica has measured on its own.</summary>
    /// <param name="value">This replica's.</param>
    public double Mean(double value)
    {
        Span<double> sums = [value * _rowCount, _rowCount];
        _group.AllReduce(sums, ReduceOperation.Sum, "the training metric");
        return sums[0] / sums[1];
    }

    /// <summary>Rank 0's text.</summary>
    public string Tell(string text)
    {
        var parts = _group.AllGatherUneven<byte>(IsFirst ? Encoding.UTF8.GetBytes(text) : [], "the trees");
        return IsFirst ? text : Encoding.UTF8.GetString(parts[0]);
    }

    /// <summary>Refuses to train where ranks are about to train different things.</summary>
    /// <exception cref="CollectiveMismatchException">They are; thrown on all ranks.</exception>
    public void Agree(TreeOptions options, TreeData data, string trainingHash, string? validationHash)
    {
        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["training rows"] = trainingHash,
            ["number of training rows"] = data.Rows.Count.ToString(CultureInfo.InvariantCulture),
            ["validation rows"] = validationHash ?? "none of their own",
            ["trees to go on from"] = data.Previous is { } previous ? ContentHash.Of(Encoding.UTF8.GetBytes(previous.Model.Text)) : "none",
        };
        foreach (var (name, value) in TreeSettings.Of(options).Where(s => s.Key != nameof(TreeOptions.Threads)))
        {
            facts[name] = value;
        }

        ReplicaAgreement.Require(_group, facts);
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();
}
