using Mlp.Training.Networks;

namespace Mlp.Training.Search.Tpe;

/// <summary>How much earlier trials count.</summary>
internal static class TpeWeights
{
    /// <summary>The newest trials that all count the same.</summary>
    private const int FlatCount = 25;

    /// <summary>How many of the ended trials are good ones: a tenth, rounded up, at most 25.</summary>
    public static int GoodCount(int ended) => Math.Min((ended + 9) / 10, FlatCount);

    /// <summary>Weights of trials, the oldest first, and of the prior behind them: 1 for the prior and the newest 25, rising evenly from 1 / n to 1 before them. They sum to 1.</summary>
    public static double[] Of(int count)
    {
        var weights = new double[count + 1];
        System.Array.Fill(weights, 1);
        var old = count - FlatCount;
        for (var i = 0; i < old; i++)
        {
            weights[i] = old == 1 ? 1.0 / count : (1.0 / count) + (i * (1 - (1.0 / count)) / (old - 1));
        }

        var sum = weights.Sum();
        return System.Array.ConvertAll(weights, w => w / sum);
    }

    /// <summary>Draws an index with given probabilities, which sum to 1.</summary>
    public static int Draw(double[] probabilities, SeededRandom random)
    {
        var left = random.NextDouble();
        for (var i = 0; i < probabilities.Length - 1; i++)
        {
            left -= probabilities[i];
            if (left < 0)
            {
                return i;
            }
        }

        return probabilities.Length - 1;
    }
}
