using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics;

/// <summary>How well the answers to queries are ordered by their score. Immutable; safe for use by many threads.</summary>
/// <remarks>
/// The gain of an answer is its label, 0 or more; one with a gain above 0 is relevant. Ties are no merit: NDCG averages over the orders of tied answers (scikit-learn's ndcg_score; McSherry and Najork,
/// "Computing Information Retrieval Performance Measures Efficiently in the Presence of Tied Scores", 2008), average precision takes them as one step, and the rank of a tied answer is the last of the tie.
/// JSON writes NaN as the string "NaN".
/// </remarks>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record RankingMetrics
{
    /// <summary>Answers, at least 1.</summary>
    public required long RowCount { get; init; }

    /// <summary>Queries.</summary>
    public required long QueryCount { get; init; }

    /// <summary>Queries without a relevant answer: their NDCG and reciprocal rank are 0, and they have no average precision.</summary>
    public required long QueryWithoutRelevantCount { get; init; }

    /// <summary>The rank up to which NDCG looks.</summary>
    public required int Cutoff { get; init; }

    /// <summary>Mean over queries of DCG@k divided by the best possible one, DCG = Σ gain / log₂(rank + 1).</summary>
    public required double Ndcg { get; init; }

    /// <summary>Mean over queries of 1 / rank of the first relevant answer.</summary>
    public required double MeanReciprocalRank { get; init; }

    /// <summary>Mean of the average precision of the queries that have a relevant answer; NaN where none has.</summary>
    public required double MeanAveragePrecision { get; init; }

    /// <summary>95 % interval of <see cref="Ndcg"/>; NaN below 2 queries.</summary>
    public required ConfidenceInterval NdcgInterval { get; init; }

    /// <summary>95 % interval of <see cref="MeanReciprocalRank"/>; NaN below 2 queries.</summary>
    public required ConfidenceInterval MeanReciprocalRankInterval { get; init; }

    /// <summary>95 % interval of <see cref="MeanAveragePrecision"/>; NaN below 2 queries.</summary>
    public required ConfidenceInterval MeanAveragePrecisionInterval { get; init; }

    /// <summary>Computes every metric.</summary>
    /// <param name="scores">Shape (rows), without NaN.</param>
    /// <param name="gains">Shape (rows), finite, 0 or more.</param>
    /// <param name="queries">Shape (rows); rows of the same number belong to one query.</param>
    /// <param name="cutoff">The rank up to which NDCG looks, at least 1.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a NaN score, or a gain that is below 0 or not finite.</exception>
    public static RankingMetrics Compute(ReadOnlySpan<double> scores, ReadOnlySpan<double> gains, ReadOnlySpan<ulong> queries, int cutoff = 10)
    {
        var weights = new double[scores.Length];
        System.Array.Fill(weights, 1);
        return ComputeWeighted(scores, gains, queries, weights, cutoff);
    }

    /// <summary>Computes every metric over queries of which each stands for a number of queries.</summary>
    /// <param name="scores">Shape (rows), without NaN.</param>
    /// <param name="gains">Shape (rows), finite, 0 or more.</param>
    /// <param name="queries">Shape (rows).</param>
    /// <param name="weights">Shape (rows), finite and above 0, one and the same for all rows of a query.</param>
    /// <param name="cutoff">The rank up to which NDCG looks, at least 1.</param>
    /// <exception cref="ArgumentException">As above, or a query has rows of different weights.</exception>
    internal static RankingMetrics ComputeWeighted(ReadOnlySpan<double> scores, ReadOnlySpan<double> gains, ReadOnlySpan<ulong> queries, ReadOnlySpan<double> weights, int cutoff)
    {
        ThrowIfNotUsable(scores, gains, queries, cutoff);
        SamplingWeights.Require(weights, scores.Length);
        var rows = new (ulong Query, double Score, double Gain, double Weight)[scores.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = (queries[i], -scores[i], gains[i], weights[i]);
        }

        // By query, then by score downward: the order of the rows leaves no trace.
        System.Array.Sort(rows);
        var (ndcg, reciprocal, precision) = (default(RunningMean), default(RunningMean), default(RunningMean));
        var (queryCount, relevantCount) = (0, 0);
        for (var start = 0; start < rows.Length;)
        {
            var end = start;
            while (end < rows.Length && rows[end].Query == rows[start].Query)
            {
                end++;
            }

            var query = rows.AsSpan(start, end - start);
            var weight = RequireOneWeight(query);
            var figures = FiguresOf(query, cutoff);
            ndcg.Add(figures.Ndcg, weight);
            reciprocal.Add(figures.Reciprocal, weight);
            queryCount++;
            if (!double.IsNaN(figures.Precision))
            {
                precision.Add(figures.Precision, weight);
                relevantCount++;
            }

            start = end;
        }

        return new()
        {
            RowCount = rows.Length,
            QueryCount = queryCount,
            QueryWithoutRelevantCount = queryCount - relevantCount,
            Cutoff = cutoff,
            Ndcg = ndcg.Mean,
            MeanReciprocalRank = reciprocal.Mean,
            MeanAveragePrecision = relevantCount == 0 ? double.NaN : precision.Mean,
            NdcgInterval = ndcg.Interval,
            MeanReciprocalRankInterval = reciprocal.Interval,
            MeanAveragePrecisionInterval = precision.Interval,
        };
    }

    private static double RequireOneWeight(ReadOnlySpan<(ulong Query, double Score, double Gain, double Weight)> query)
    {
        foreach (var row in query)
        {
            if (row.Weight != query[0].Weight)
            {
                throw new ArgumentException("Expected all rows of a query to have one weight, but found others: a part of its answers may be missing.", nameof(query));
            }
        }

        return query[0].Weight;
    }

    private static (double Ndcg, double Reciprocal, double Precision) FiguresOf(ReadOnlySpan<(ulong Query, double Score, double Gain, double Weight)> query, int cutoff)
    {
        var (dcg, firstRelevant, relevant, precisionSum) = (0.0, 0, 0, 0.0);
        for (var start = 0; start < query.Length;)
        {
            var (end, gain, discount, hits) = (start, 0.0, 0.0, 0);
            for (; end < query.Length && query[end].Score == query[start].Score; end++)
            {
                gain += query[end].Gain;
                hits += query[end].Gain > 0 ? 1 : 0;
                discount += DiscountAt(end, cutoff);
            }

            dcg += gain / (end - start) * discount;
            relevant += hits;
            firstRelevant = firstRelevant == 0 && hits > 0 ? end : firstRelevant;
            precisionSum += hits * (relevant / (double)end);
            start = end;
        }

        var best = 0.0;
        var gains = new double[query.Length];
        for (var i = 0; i < gains.Length; i++)
        {
            gains[i] = -query[i].Gain;
        }

        System.Array.Sort(gains);
        for (var i = 0; i < Math.Min(cutoff, gains.Length); i++)
        {
            best -= gains[i] * DiscountAt(i, cutoff);
        }

        return (best == 0 ? 0 : dcg / best, firstRelevant == 0 ? 0 : 1.0 / firstRelevant, relevant == 0 ? double.NaN : precisionSum / relevant);
    }

    private static double DiscountAt(int index, int cutoff) => index < cutoff ? 1 / Math.Log2(index + 2) : 0;

    private static void ThrowIfNotUsable(ReadOnlySpan<double> scores, ReadOnlySpan<double> gains, ReadOnlySpan<ulong> queries, int cutoff)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cutoff, 1);
        if (scores.IsEmpty || scores.Length != gains.Length || scores.Length != queries.Length)
        {
            throw new ArgumentException(
                $"Expected at least one row with a score, a gain and a query, but found {scores.Length} scores, {gains.Length} gains and {queries.Length} queries.", nameof(scores));
        }

        for (var i = 0; i < scores.Length; i++)
        {
            if (double.IsNaN(scores[i]) || !double.IsFinite(gains[i]) || gains[i] < 0)
            {
                throw new ArgumentException($"Expected every score to be a number and every gain to be finite and 0 or more, but found another one at row {i}.", nameof(gains));
            }
        }
    }
}
