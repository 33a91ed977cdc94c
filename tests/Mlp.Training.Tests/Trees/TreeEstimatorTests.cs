using Mlp.Runtime.Statistics;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Trees;

public sealed class TreeEstimatorTests
{
    [Fact]
    public void Fit_ColumnsThatDependOnEachOther_AreToldApartWhereALineCannot()
    {
        var random = new Random(1);
        var (rows, labels) = Draw(random, 800);
        var (fresh, truth) = Draw(random, 800);

        Assert.InRange(Auc(new TreeEstimator(), rows, labels, fresh, truth), 0.9, 1);
        Assert.InRange(Auc(new RidgeLogisticEstimator(), rows, labels, fresh, truth), 0.4, 0.6);
    }

    [Fact]
    public void Fit_SameSeed_SameScores()
    {
        var (rows, labels) = Draw(new Random(2), 300);

        Assert.Equal(Scores(new TreeEstimator(), rows, labels, rows), Scores(new TreeEstimator(), rows, labels, rows));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10_001)]
    public void Constructor_IterationsOutOfRange_Throws(int iterations) => Assert.Throws<ArgumentOutOfRangeException>(() => new TreeEstimator(iterations));

    // Of label 1 the two columns have the same sign, of label 0 the opposite: each column alone is the same.
    private static (double[] Rows, byte[] Labels) Draw(Random random, int count)
    {
        var rows = new double[count * 2];
        var labels = new byte[count];
        for (var i = 0; i < count; i++)
        {
            labels[i] = (byte)(i % 2);
            rows[2 * i] = random.NextDouble() - 0.5;
            rows[(2 * i) + 1] = Math.Abs(random.NextDouble() - 0.5) * Math.Sign(rows[2 * i]) * (labels[i] == 1 ? 1 : -1);
        }

        return (rows, labels);
    }

    private static double[] Scores(IEstimator estimator, double[] rows, byte[] labels, double[] fresh)
    {
        var scores = new double[fresh.Length / 2];
        estimator.Fit(rows, 2, labels, seed: 7).Score(fresh, scores);
        return scores;
    }

    private static double Auc(IEstimator estimator, double[] rows, byte[] labels, double[] fresh, byte[] truth)
    {
        var scores = Scores(estimator, rows, labels, fresh);
        double pairs = 0, won = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            for (var j = 0; j < scores.Length; j++)
            {
                if (truth[i] == 1 && truth[j] == 0)
                {
                    pairs++;
                    won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }
        }

        return won / pairs;
    }
}
