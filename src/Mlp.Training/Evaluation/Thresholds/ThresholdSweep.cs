using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation.Thresholds;

/// <summary>All thresholds that part labelled rows differently, from the one that says class 1 of fewest rows down, with what each does. Immutable.</summary>
internal sealed class ThresholdSweep
{
    private readonly int[] _order;
    private readonly int[] _ends;
    private readonly byte[] _labels;
    private readonly double[] _costOfOne;
    private readonly double[] _costOfZero;

    /// <summary>Sorts the rows.</summary>
    /// <param name="scores">Shape (rows), 0 to 1.</param>
    /// <param name="labels">Shape (rows), 0 or 1.</param>
    /// <param name="costOfOne">Shape (rows): cost of saying class 1; empty without costs.</param>
    /// <param name="costOfZero">Shape (rows): cost of saying class 0; empty without costs.</param>
    public ThresholdSweep(double[] scores, byte[] labels, double[] costOfOne, double[] costOfZero)
    {
        (_labels, _costOfOne, _costOfZero) = (labels, costOfOne, costOfZero);
        _order = [.. Enumerable.Range(0, scores.Length).OrderByDescending(r => scores[r])];
        var (thresholds, ends) = (new List<double>(), new List<int>());

        // Above the greatest score class 0 is said of every row, where there is room: a threshold is at most 1.
        if (scores[_order[0]] < 1)
        {
            thresholds.Add(Between(scores[_order[0]], 1));
            ends.Add(0);
        }

        for (var i = 1; i <= _order.Length; i++)
        {
            var score = scores[_order[i - 1]];
            if (i == _order.Length || scores[_order[i]] != score)
            {
                thresholds.Add(i == _order.Length ? 0 : Between(scores[_order[i]], score));
                ends.Add(i);
            }
        }

        (Thresholds, _ends) = ([.. thresholds], [.. ends]);
    }

    private delegate void Visit(int index, ConfusionCounts counts, double meanCost);

    /// <summary>Descending.</summary>
    public double[] Thresholds { get; }

    private bool HasCosts => _costOfOne.Length > 0;

    /// <summary>The best threshold; of equal ones the greatest.</summary>
    /// <param name="rule">By what.</param>
    /// <param name="weights">Shape (rows): how much each row counts.</param>
    /// <returns>Its index, or −1 where the rule allows none.</returns>
    public int Best(ThresholdRule rule, double[] weights)
    {
        var (best, merit) = (-1, double.NegativeInfinity);
        Walk(weights, (index, counts, cost) =>
        {
            var found = rule.Merit(counts, cost);
            if (found > merit)
            {
                (best, merit) = (index, found);
            }
        });
        return best;
    }

    /// <summary>What a threshold does.</summary>
    public (ConfusionCounts Counts, double MeanCost) At(int index, double[] weights)
    {
        var found = (default(ConfusionCounts), double.NaN);
        Walk(weights, (i, counts, cost) => found = i == index ? (counts, cost) : found);
        return found;
    }

    /// <summary>Best threshold and what the chosen one does, of a resample in one walk.</summary>
    public (int Best, ConfusionCounts Counts, double MeanCost) BestAndAt(ThresholdRule rule, int chosen, double[] weights)
    {
        var (best, merit, at) = (-1, double.NegativeInfinity, (default(ConfusionCounts), double.NaN));
        Walk(weights, (index, counts, cost) =>
        {
            var found = rule.Merit(counts, cost);
            if (found > merit)
            {
                (best, merit) = (index, found);
            }

            at = index == chosen ? (counts, cost) : at;
        });
        return (best, at.Item1, at.Item2);
    }

    private void Walk(double[] weights, Visit visit)
    {
        var (positives, total, cost) = (0.0, 0.0, 0.0);
        for (var row = 0; row < _labels.Length; row++)
        {
            total += weights[row];
            positives += _labels[row] == 1 ? weights[row] : 0;
            cost += HasCosts ? weights[row] * _costOfZero[row] : 0;
        }

        var (truly, falsely, done) = (0.0, 0.0, 0);
        for (var index = 0; index < _ends.Length; index++)
        {
            for (; done < _ends[index]; done++)
            {
                var row = _order[done];
                if (_labels[row] == 1)
                {
                    truly += weights[row];
                }
                else
                {
                    falsely += weights[row];
                }

                cost += HasCosts ? weights[row] * (_costOfOne[row] - _costOfZero[row]) : 0;
            }

            visit(index, new ConfusionCounts(truly, falsely, total - positives - falsely, positives - truly), HasCosts ? cost / total : double.NaN);
        }
    }

    // Half way, but never the lower one itself, which must stay below.
    private static double Between(double lower, double upper)
    {
        var middle = lower + ((upper - lower) / 2);
        return middle > lower ? middle : upper;
    }
}
