using Mlp.Training.Distributed.Launch;
using Mlp.Training.Tests.Distributed.Launch;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Trees;

/// <summary>Processes of their own.</summary>
public sealed class TreeProcessTests
{
    [Fact]
    public async Task FitAsync_TwoProcesses_GetTheTreesOfTwoReplicas()
    {
        var options = TreeRankProgram.Options();
        options.Distributed.Replicas = 2;
        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(700, seed: 1));
        using var output = new StringWriter();

        var result = await LocalLauncher.RunAsync(2, new()
        {
            Program = ChildRanks.Dotnet,
            Arguments = ChildRanks.Program(typeof(TreeRankProgram)),
            Output = output,
            ErrorOutput = output,
        });

        Assert.True(result.IsSuccess, output.ToString());
        Assert.Equal(
            [$"[0] trees {TreeRankProgram.Hash(trees)}", $"[1] trees {TreeRankProgram.Hash(trees)}"],
            output.ToString().Split('\n').Where(l => l.Contains("trees", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }
}
