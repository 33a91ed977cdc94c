namespace Quickstart.Data;

/// <summary>
/// The probability that each company is in a generous mood, given exactly the outcomes known so far: the forward algorithm of a two-state hidden Markov model
/// (Rabiner 1989, section III.A), with each outcome entering when its trip ends, when whoever keeps the statistics knows it (see <see cref="Features.TripHistory"/>).
/// </summary>
internal sealed class MoodFilter(int companyCount, double bigTipWhenGenerous, double bigTipWhenStingy, double flipProbability)
{
    private readonly double[] _generous = Enumerable.Repeat(0.5, companyCount).ToArray();
    private readonly int[] _underWay = new int[companyCount];
    private readonly PriorityQueue<(int Company, bool IsBigTip), (DateTimeOffset, int)> _pending = new();
    private int _order;

    /// <summary>Takes in the outcomes of all trips that ended by a time.</summary>
    public void Advance(DateTimeOffset now)
    {
        while (_pending.TryPeek(out var outcome, out var due) && due.Item1 <= now)
        {
            _pending.Dequeue();
            _underWay[outcome.Company]--;
            var generous = _generous[outcome.Company];
            var likelihood = outcome.IsBigTip ? bigTipWhenGenerous : 1 - bigTipWhenGenerous;
            var otherwise = outcome.IsBigTip ? bigTipWhenStingy : 1 - bigTipWhenStingy;
            generous = generous * likelihood / ((generous * likelihood) + ((1 - generous) * otherwise));
            _generous[outcome.Company] = Flip(generous);
        }
    }

    /// <summary>The probability that the company's next trip has a big tip; trips still under way may have flipped its mood.</summary>
    public double ProbabilityOfBigTip(int company)
    {
        var generous = _generous[company];
        for (var i = 0; i < _underWay[company]; i++)
        {
            generous = Flip(generous);
        }

        return (generous * bigTipWhenGenerous) + ((1 - generous) * bigTipWhenStingy);
    }

    /// <summary>Notes an outcome that becomes known at the end of its trip.</summary>
    public void Observe(int company, DateTimeOffset end, bool isBigTip)
    {
        _underWay[company]++;
        _pending.Enqueue((company, isBigTip), (end, _order++));
    }

    private double Flip(double generous) => (generous * (1 - flipProbability)) + ((1 - generous) * flipProbability);
}
