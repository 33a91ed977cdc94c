namespace Mlp.Runtime.Statistics;

/// <summary>
/// The quality of a binary classifier from a stream of labelled scores, in memory that does not grow: the scores are counted in bins of equal width over (0, 1), with a bin each for 0 and 1; of what needs no
/// order the sums are kept. Two of the same shape add up. Not thread-safe.
/// </summary>
/// <param name="threshold">Decision threshold: a score at or above it is predicted positive.</param>
/// <param name="binCount">Number of bins.</param>
internal sealed class ScoreBins(double threshold, int binCount = ScoreBins.DefaultBinCount)
{
    /// <summary>On 1 million rows the area from as many bins is right to about 2e-7.</summary>
    internal const int DefaultBinCount = 4096;

    private readonly double[] _positives = new double[binCount + 2];
    private readonly double[] _negatives = new double[binCount + 2];
    private readonly double[] _least = Filled(binCount + 2, double.PositiveInfinity);
    private readonly double[] _greatest = Filled(binCount + 2, double.NegativeInfinity);
    private double _truePositives;
    private double _falsePositives;
    private double _trueNegatives;
    private double _falseNegatives;
    private double _logLoss;
    private double _squares;
    private double _weightSquares;
    private bool _hasOtherThanProbabilities;

    /// <summary>Rows counted.</summary>
    internal long RowCount { get; private set; }

    /// <summary>Rows by predicted and true class: exact, since the threshold is known beforehand.</summary>
    internal ConfusionCounts Confusion => new(_truePositives, _falsePositives, _trueNegatives, _falseNegatives);

    /// <summary>Weight of all rows.</summary>
    internal double Weight => _truePositives + _falsePositives + _trueNegatives + _falseNegatives;

    /// <summary>How many rows of equal weight say as much: (Σ w)² / Σ w².</summary>
    internal double EffectiveRowCount => Weight * Weight / _weightSquares;

    /// <summary>Mean log loss, exact up to the rounding of the sum; NaN where a score was no probability.</summary>
    internal double LogLoss => _hasOtherThanProbabilities ? double.NaN : _logLoss / Weight;

    /// <summary>Mean squared distance of probability and outcome; NaN where a score was no probability.</summary>
    internal double Brier => _hasOtherThanProbabilities ? double.NaN : _squares / Weight;

    /// <summary>Counts a row.</summary>
    /// <param name="score">Its score; not NaN. Outside [0, 1] it goes to the outer bins.</param>
    /// <param name="isPositive">Its label.</param>
    /// <param name="weight">How many rows it stands for.</param>
    internal void Add(double score, bool isPositive, double weight = 1)
    {
        RowCount++;
        _weightSquares += weight * weight;
        var isPredicted = score >= threshold;
        _hasOtherThanProbabilities |= score < -BinaryClassificationMetrics.ProbabilityTolerance || score > 1 + BinaryClassificationMetrics.ProbabilityTolerance;
        var probability = Math.Clamp(score, 0, 1);
        var bin = score <= 0 ? 0 : score >= 1 ? binCount + 1 : 1 + Math.Min((int)(score * binCount), binCount - 1);
        _least[bin] = Math.Min(_least[bin], score);
        _greatest[bin] = Math.Max(_greatest[bin], score);
        var miss = isPositive ? 1 - probability : probability;
        _logLoss -= weight * Math.Log(Statistics.LogLoss.Clip(1 - miss));
        _squares += weight * miss * miss;
        if (isPositive)
        {
            _positives[bin] += weight;
            _truePositives += isPredicted ? weight : 0;
            _falseNegatives += isPredicted ? 0 : weight;
        }
        else
        {
            _negatives[bin] += weight;
            _falsePositives += isPredicted ? weight : 0;
            _trueNegatives += isPredicted ? 0 : weight;
        }
    }

    /// <summary>Adds the rows of another one.</summary>
    /// <param name="other">Of the same threshold and number of bins.</param>
    internal void Add(ScoreBins other)
    {
        for (var b = 0; b < _positives.Length; b++)
        {
            _positives[b] += other._positives[b];
            _negatives[b] += other._negatives[b];
            _least[b] = Math.Min(_least[b], other._least[b]);
            _greatest[b] = Math.Max(_greatest[b], other._greatest[b]);
        }

        _truePositives += other._truePositives;
        _falsePositives += other._falsePositives;
        _trueNegatives += other._trueNegatives;
        _falseNegatives += other._falseNegatives;
        _logLoss += other._logLoss;
        _squares += other._squares;
        _weightSquares += other._weightSquares;
        _hasOtherThanProbabilities |= other._hasOtherThanProbabilities;
        RowCount += other.RowCount;
    }

    /// <summary>The area under the ROC curve, pairs within a bin counted as ties.</summary>
    /// <remarks>AUC_B = Σ_b P_b (Σ_{c&lt;b} N_c + N_b/2) / (P N). NaN, and a bound of NaN, where one class has no rows.</remarks>
    /// <param name="errorBound">The largest possible distance to the exact area, Σ_b P_b N_b / (2 P N) over the bins that hold more than one score, up to the rounding of the sums.</param>
    internal double Auc(out double errorBound)
    {
        var (right, tied, below, positives) = (0.0, 0.0, 0.0, 0.0);
        for (var b = 0; b < _positives.Length; b++)
        {
            right += _positives[b] * (below + (_negatives[b] / 2));

            // Where all scores of a bin are one, its pairs are ties indeed.
            tied += _least[b] < _greatest[b] ? _positives[b] * _negatives[b] / 2 : 0;
            below += _negatives[b];
            positives += _positives[b];
        }

        errorBound = tied / (positives * below);
        return right / (positives * below);
    }

    /// <summary>The standard error of <see cref="Auc"/> by DeLong's formula on the bins; NaN below 2 rows in a class.</summary>
    internal double AucStandardError()
    {
        var auc = Auc(out _);
        var (positives, negatives) = (_truePositives + _falseNegatives, _falsePositives + _trueNegatives);
        var (spread10, spread01, below, positivesBelow) = (0.0, 0.0, 0.0, 0.0);
        for (var b = 0; b < _positives.Length; b++)
        {
            var placement10 = ((below + (_negatives[b] / 2)) / negatives) - auc;
            var placement01 = ((positives - positivesBelow - (_positives[b] / 2)) / positives) - auc;
            spread10 += _positives[b] * placement10 * placement10;
            spread01 += _negatives[b] * placement01 * placement01;
            below += _negatives[b];
            positivesBelow += _positives[b];
        }

        // Weighted rows say as much as their effective number.
        var scale = EffectiveRowCount / Weight;
        var (p, n) = (positives * scale, negatives * scale);
        return p < 2 || n < 2 ? double.NaN : Math.Sqrt((spread10 / positives / (p - 1)) + (spread01 / negatives / (n - 1)));
    }

    private static double[] Filled(int length, double value)
    {
        var values = new double[length];
        Array.Fill(values, value);
        return values;
    }
}
