using Mlp.Training.Networks;

namespace Mlp.Training.Search.Tpe;

/// <summary>
/// Tree-structured Parzen estimators (Bergstra, Bardenet, Bengio and Kégl, "Algorithms for hyper-parameter optimization", NIPS 2011, section 4), each setting by itself. Earlier trials are split into the good and the
/// others; a density l of the values of the good ones and one, g, of the others are estimated; of 24 draws from l that with the greatest l / g is taken. A setting that exists only beside a choice is estimated from the
/// trials that had it. Trials under way count among the others, so that trials that run at once do not all go to one place. Numbers and rules are those of Optuna's sampler as it is without options.
/// </summary>
internal static class TpeSampler
{
    private const int CandidateCount = 24;

    /// <summary>Chooses settings.</summary>
    /// <param name="space">The settings.</param>
    /// <param name="trials">Earlier trials, by number; at least one has ended.</param>
    /// <param name="higherIsBetter">Whether a greater value is better.</param>
    /// <param name="random">Decides the draws.</param>
    public static TrialParameters Propose(SearchSpace space, IReadOnlyList<TpeTrial> trials, bool higherIsBetter, SeededRandom random)
    {
        var ended = trials.Where(t => t.Status is not null).ToList();
        var good = Ranked(ended, higherIsBetter).Take(TpeWeights.GoodCount(ended.Count)).Select(t => t.Number).ToHashSet();
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var dimension in space.Dimensions)
        {
            // Draws are made for settings that do not exist too, so that none moves those behind it.
            var share = Choose(dimension, trials, good, random);
            if (dimension.ExistsIn(values))
            {
                values.Add(dimension.Name, dimension.At(share));
            }
        }

        return new TrialParameters(values);
    }

    /// <summary>Finished trials by their value, then pruned ones: those that came further first, then by value; of equal ones the earlier.</summary>
    private static IEnumerable<TpeTrial> Ranked(List<TpeTrial> ended, bool higherIsBetter) => ended
        .OrderBy(t => t.Status == TrialStatus.Finished ? 0 : 1)
        .ThenByDescending(t => t.Status == TrialStatus.Finished ? 0 : t.LastStep)
        .ThenBy(t => double.IsNaN(t.Value) ? double.PositiveInfinity : higherIsBetter ? -t.Value : t.Value)
        .ThenBy(t => t.Number);

    private static double Choose(SearchDimension dimension, IReadOnlyList<TpeTrial> trials, HashSet<int> good, SeededRandom random)
    {
        var (l, g) = (Estimate(t => good.Contains(t.Number)), Estimate(t => !good.Contains(t.Number)));
        var (best, bestScore) = (0.0, double.NegativeInfinity);
        for (var i = 0; i < CandidateCount; i++)
        {
            var candidate = l.Sample(random);
            var score = l.LogAt(candidate) - g.LogAt(candidate);
            if (i == 0 || score > bestScore)
            {
                (best, bestScore) = (candidate, score);
            }
        }

        return best;

        IDensity Estimate(Func<TpeTrial, bool> isWanted)
        {
            var seen = trials.Where(t => isWanted(t) && t.Parameters.Has(dimension.Name)).Select(t => dimension.ShareOf(t.Parameters.GetText(dimension.Name))).ToList();
            var weights = TpeWeights.Of(seen.Count);
            return dimension.Values is { } choices ? new ChoiceDensity(seen, weights, choices.Count) : new ParzenDensity(seen, weights, dimension.Cells);
        }
    }
}
