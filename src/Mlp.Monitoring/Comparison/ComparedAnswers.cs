using Mlp.Monitoring.Labels.Joins;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Comparison;

/// <summary>The losses of a version's labelled answers, by request. Of two answers of one version to one request the later one counts. Answers are added first. Not thread-safe.</summary>
internal sealed class ComparedAnswers
{
    private readonly List<(PredictionId Request, long Time, double Loss)> _answers = [];
    private bool _isByRequest;

    /// <summary>Number of requests that were answered.</summary>
    public int Count
    {
        get
        {
            OrderByRequest();
            return _answers.Count;
        }
    }

    /// <summary>Least number of predictions that an answer stands for.</summary>
    public double LeastWeight { get; private set; } = double.PositiveInfinity;

    /// <summary>Greatest number of predictions that an answer stands for.</summary>
    public double GreatestWeight { get; private set; }

    /// <summary>Adds an answer.</summary>
    /// <param name="row">The answer.</param>
    /// <param name="loss">Its loss.</param>
    public void Add(in JoinedRow row, double loss)
    {
        _isByRequest = false;
        _answers.Add((row.RequestId, row.RequestTime, loss));
        (LeastWeight, GreatestWeight) = (Math.Min(LeastWeight, row.Weight), Math.Max(GreatestWeight, row.Weight));
    }

    /// <summary>The losses of both on the requests that both answered, in the order of the requests' times.</summary>
    public static IReadOnlyList<(double Champion, double Challenger)> Pair(ComparedAnswers champion, ComparedAnswers challenger)
    {
        champion.OrderByRequest();
        challenger.OrderByRequest();
        var pairs = new List<(long Time, PredictionId Request, double Champion, double Challenger)>();
        var c = 0;
        foreach (var answer in challenger._answers)
        {
            while (c < champion._answers.Count && champion._answers[c].Request.CompareTo(answer.Request) < 0)
            {
                c++;
            }

            if (c < champion._answers.Count && champion._answers[c].Request == answer.Request)
            {
                pairs.Add((answer.Time, answer.Request, champion._answers[c].Loss, answer.Loss));
            }
        }

        pairs.Sort((a, b) => (a.Time, a.Request).CompareTo((b.Time, b.Request)));
        return pairs.ConvertAll(p => (p.Champion, p.Challenger));
    }

    /// <summary>The losses in the order of the requests' times.</summary>
    public IReadOnlyList<double> LossesInOrder()
    {
        OrderByRequest();
        var ordered = _answers.ToArray();
        Array.Sort(ordered, (a, b) => (a.Time, a.Request).CompareTo((b.Time, b.Request)));
        return Array.ConvertAll(ordered, a => a.Loss);
    }

    private void OrderByRequest()
    {
        if (_isByRequest)
        {
            return;
        }

        _answers.Sort();
        var kept = 0;
        for (var i = 0; i < _answers.Count; i++)
        {
            if (i + 1 == _answers.Count || _answers[i + 1].Request != _answers[i].Request)
            {
                _answers[kept++] = _answers[i];
            }
        }

        _answers.RemoveRange(kept, _answers.Count - kept);
        _isByRequest = true;
    }
}
