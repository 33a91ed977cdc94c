using System.Text.Json;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>Whether all ranks are about to train the same.</summary>
internal static class ReplicaAgreement
{
    // More would hide the first.
    private const int MaximumDifferences = 3;

    /// <summary>Compares what ranks know of the training with what rank 0 knows.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="facts">What this rank knows, by name; what decides the others first.</param>
    /// <exception cref="CollectiveMismatchException">Something differs; thrown on all ranks.</exception>
    public static void Require(ProcessGroup group, IReadOnlyDictionary<string, string> facts)
    {
        var all = group.AllGatherUneven<byte>(JsonSerializer.SerializeToUtf8Bytes(facts), "what is trained")
            .Select(bytes => JsonSerializer.Deserialize<Dictionary<string, string>>(bytes)!).ToArray();
        var differences = new List<(int Rank, string Sentence)>();
        for (var rank = 1; rank < all.Length; rank++)
        {
            differences.AddRange(Differences(all[0], all[rank]).Select(d => (rank, $"rank {rank} has {d.Name} {d.Other} and rank 0 {d.First}")));
        }

        if (differences.Count > 0)
        {
            throw new CollectiveMismatchException(
                $"Expected all {all.Length} ranks of group '{group.Name}' to train the same, but {string.Join("; ", differences.Take(MaximumDifferences).Select(d => d.Sentence))}.")
            {
                Ranks = [.. differences.Select(d => d.Rank).Distinct()],
            };
        }
    }

    private static IEnumerable<(string Name, string First, string Other)> Differences(Dictionary<string, string> first, Dictionary<string, string> other)
        => first.Keys.Union(other.Keys)
            .Select(name => (name, first.GetValueOrDefault(name) ?? "nothing", other.GetValueOrDefault(name) ?? "nothing"))
            .Where(d => d.Item2 != d.Item3);
}
