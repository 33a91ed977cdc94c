using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>
/// RankNet and LambdaRank: ln(1 + e^−(s_i − s_j)) over the pairs of a group whose i has the greater gain, of LambdaRank times |ΔNDCG| of exchanging the two, divided by the number of pairs.
/// Loss and gradient are computed from the scores here, group by group, and handed to libtorch as a product of outputs and gradient. A pair counts as much as the mean of its rows'
/// weights.
/// </summary>
/// <param name="targets">Gains and groups of all rows of the part.</param>
/// <param name="isLambda">LambdaRank.</param>
internal sealed class PairLoss(TrainingTargets targets, bool isLambda) : NetworkLoss
{
    public override (Tensor Loss, double Share) Compute(Tensor outputs, TrainingBatch batch)
    {
        var output = outputs.squeeze(1);
        var scores = FlatParameters.Floats(output.detach().contiguous().cpu());
        var slopes = torch.zeros([batch.Count], torch.float32, torch.CPU);
        var (loss, pairs) = Compute(scores, batch.Rows.AsSpan(0, batch.Count), FlatParameters.Floats(slopes));

        // The value is the loss and the gradient is the slopes: the part that is taken away again has none.
        var product = output.mul(slopes.to(output.device)).sum();
        return (product.sub(product.detach()).add(loss), pairs);
    }

    /// <summary>The loss and its gradient.</summary>
    /// <param name="scores">Shape (rows).</param>
    /// <param name="rows">The numbers of the rows, those of a group beside each other.</param>
    /// <param name="slopes">Shape (rows), zeros; receives dL/ds.</param>
    /// <returns>The mean over the pairs, and their number.</returns>
    public (double Loss, int Pairs) Compute(ReadOnlySpan<float> scores, ReadOnlySpan<int> rows, Span<float> slopes)
    {
        double sum = 0;
        var pairs = 0;
        for (var start = 0; start < rows.Length;)
        {
            var end = start + 1;
            while (end < rows.Length && targets.Groups[rows[end]] == targets.Groups[rows[start]])
            {
                end++;
            }

            sum += AddGroup(scores[start..end], rows[start..end], slopes[start..end], ref pairs);
            start = end;
        }

        if (pairs == 0)
        {
            return (0, 0);
        }

        FlatKernels.Scale(slopes, 1f / pairs);
        return (sum / pairs, pairs);
    }

    private double AddGroup(ReadOnlySpan<float> scores, ReadOnlySpan<int> rows, Span<float> slopes, ref int pairs)
    {
        var discounts = isLambda ? Discounts(scores) : [];
        var best = isLambda ? BestGain(rows) : 1;
        double sum = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            for (var j = 0; j < rows.Length; j++)
            {
                var difference = targets.Values[rows[i]] - targets.Values[rows[j]];
                if (!(difference > 0))
                {
                    continue;
                }

                var weight = isLambda ? difference * Math.Abs(discounts[i] - discounts[j]) / best : 1.0;
                if (targets.Weights.Length > 0)
                {
                    weight *= (targets.Weights[rows[i]] + targets.Weights[rows[j]]) / 2;
                }

                var margin = (double)scores[i] - scores[j];
                sum += weight * (Math.Max(-margin, 0) + Math.Log(1 + Math.Exp(-Math.Abs(margin))));
                var slope = (float)(weight / (1 + Math.Exp(margin)));
                slopes[i] -= slope;
                slopes[j] += slope;
                pairs++;
            }
        }

        return sum;
    }

    // 1 / log₂(rank + 1) of each row by its score; equal scores take ranks in the order that the sort leaves, which is the same for the same scores.
    private static double[] Discounts(ReadOnlySpan<float> scores)
    {
        var order = new int[scores.Length];
        var keys = new float[scores.Length];
        for (var i = 0; i < order.Length; i++)
        {
            (order[i], keys[i]) = (i, -scores[i]);
        }

        System.Array.Sort(keys, order, Comparer<float>.Default);
        var discounts = new double[scores.Length];
        for (var rank = 0; rank < order.Length; rank++)
        {
            discounts[order[rank]] = 1 / Math.Log2(rank + 2);
        }

        return discounts;
    }

    private double BestGain(ReadOnlySpan<int> rows)
    {
        var gains = new float[rows.Length];
        for (var i = 0; i < gains.Length; i++)
        {
            gains[i] = targets.Values[rows[i]];
        }

        System.Array.Sort(gains);
        double sum = 0;
        for (var rank = 0; rank < gains.Length; rank++)
        {
            sum += gains[gains.Length - 1 - rank] / Math.Log2(rank + 2);
        }

        return sum > 0 ? sum : 1;
    }
}
