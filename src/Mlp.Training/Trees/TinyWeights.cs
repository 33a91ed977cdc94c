using Microsoft.Extensions.Logging;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Trees;

/// <summary>
/// Warns where weights are so small that LightGBM splits less, or not at all, for their size alone. It takes them as they are, and wants a sum of second derivatives in each leaf, which are at most the weights for most
/// objectives, of at least <c>min_sum_hessian_in_leaf</c>.
/// </summary>
internal static class TinyWeights
{
    private const string Parameter = "min_sum_hessian_in_leaf";
    private const double DefaultSum = 1e-3;

    private static readonly string[] Names = [Parameter, "min_sum_hessian_per_leaf", "min_sum_hessian", "min_hessian", "min_child_weight"];

    /// <summary>Compares what the fewest rows of a leaf weigh with what LightGBM wants, unless the caller has set that.</summary>
    /// <param name="logger">Told of it.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="trainingCount">How many of them, the first, train.</param>
    /// <param name="options">Settings.</param>
    public static void WarnIfTiny(ILogger logger, LabelledRows rows, int trainingCount, TreeOptions options)
    {
        if (rows.Weights.IsEmpty || Names.Any(options.Parameters.ContainsKey))
        {
            return;
        }

        double sum = 0;
        foreach (var weight in rows.Weights[..trainingCount])
        {
            sum += weight;
        }

        var mean = sum / trainingCount;
        if (mean * Math.Max(1, options.MinimumRowsInLeaf) < DefaultSum)
        {
            logger.LogWarning(
                "The training rows weigh {Mean:G3} on average, so little that {MinimumRowsInLeaf} of them ({Setting}) do not reach the {Sum} that LightGBM wants in a leaf ({Parameter}): trees split less, or not at all. Scale the weights to a mean of 1, or set the parameter",
                mean,
                options.MinimumRowsInLeaf,
                nameof(TreeOptions.MinimumRowsInLeaf),
                DefaultSum,
                Parameter);
        }
    }
}
