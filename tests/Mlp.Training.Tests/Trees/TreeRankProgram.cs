using System.Security.Cryptography;
using System.Text;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Trees;

/// <summary>What a rank that is a process does: trains trees with the others and prints "trees HASH". The child of the training tests calls it.</summary>
internal static class TreeRankProgram
{
    /// <summary>Trains.</summary>
    public static async Task RunAsync(string[] arguments, Action<string> print)
    {
        await using var group = await ProcessGroup.ConnectAsync();
        var options = Options();
        options.Distributed.Group = group;
        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(700, seed: 1));
        print($"trees {Hash(trees)}");
    }

    /// <summary>The settings of all ranks.</summary>
    public static TreeOptions Options() => new() { MaximumIterations = 20, MaximumLeaves = 8, Threads = 1, Seed = 1 };

    /// <summary>The hash of trees as text.</summary>
    public static string Hash(TrainedTrees trees) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(trees.ToText())));
}
