using Mlp.Runtime.Models;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Networks;

public sealed class PairLossTests
{
    private static readonly float[] Gains = [2, 0, 1, 3, 3, 0, 1];
    private static readonly long?[] Groups = [1, 1, 1, 2, 2, 2, 3];

    [Fact]
    public async Task Compute_TwoRows_IsTheFormulaByHand()
    {
        var loss = new PairLoss(await TargetsAsync([1, 0], [1, 1]), isLambda: false);
        var slopes = new float[2];

        var (value, pairs) = loss.Compute([0.3f, 0.5f], [0, 1], slopes);

        // ln(1 + e^0.2) and its derivative −1 / (1 + e^−0.2).
        Assert.Equal(0.798139, value, 1e-6);
        Assert.Equal(1, pairs);
        Assert.Equal([-0.549834f, 0.549834f], slopes.Select(s => MathF.Round(s, 6)));
    }

    [Fact]
    public async Task Compute_LambdaRank_WeighsByTheChangeOfNdcg()
    {
        // Row 0 has gain 1 and rank 2: an exchange changes the NDCG by 1 − 1 / log₂ 3.
        var loss = new PairLoss(await TargetsAsync([1, 0], [1, 1]), isLambda: true);

        var (value, _) = loss.Compute([0.3f, 0.5f], [0, 1], new float[2]);

        Assert.Equal(Math.Log(1 + Math.Exp(0.2)) * (1 - (1 / Math.Log2(3))), value, 1e-7);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Compute_Groups_SlopesAreTheDerivativeOfTheLoss(bool isLambda)
    {
        var loss = new PairLoss(await TargetsAsync(Gains, Groups), isLambda);
        int[] rows = [3, 4, 5, 0, 1, 2, 6];
        float[] scores = [0.1f, -0.4f, 0.9f, 0.5f, 0.8f, -0.2f, 3];
        var slopes = new float[rows.Length];
        var (_, pairs) = loss.Compute(scores, rows, slopes);

        // (3, 5), (4, 5) of group 2 and the three pairs of group 1; a group of one has none.
        Assert.Equal(5, pairs);
        for (var i = 0; i < rows.Length; i++)
        {
            var (up, down) = ((float[])scores.Clone(), (float[])scores.Clone());
            up[i] += 0.001f;
            down[i] -= 0.001f;
            var numeric = (loss.Compute(up, rows, new float[rows.Length]).Loss - loss.Compute(down, rows, new float[rows.Length]).Loss) / 0.002;
            Assert.Equal(numeric, slopes[i], 1e-4);
        }
    }

    [Fact]
    public async Task Compute_RowWeights_APairCountsAsTheMeanOfItsRows()
    {
        // Weights 1, 4, 1 become ½, 2, ½; the one pair is of the first two rows.
        var loss = new PairLoss(await TargetsAsync([1, 0, 0], [1, 1, 2], 1, 4, 1), isLambda: false);
        var slopes = new float[3];

        var (value, pairs) = loss.Compute([0.3f, 0.5f, 0], [0, 1, 2], slopes);

        Assert.Equal(1.25 * 0.798139, value, 1e-5);
        Assert.Equal(1, pairs);
        Assert.Equal(-1.25f * 0.549834f, slopes[0], 1e-5f);
        Assert.Equal(1.25f * 0.549834f, slopes[1], 1e-5f);
    }

    [Fact]
    public async Task Compute_EqualGains_HaveNoLossAndNoSlope()
    {
        var slopes = new float[2];

        Assert.Equal((0, 0), new PairLoss(await TargetsAsync([1, 1], [1, 1]), isLambda: true).Compute([1, 2], [0, 1], slopes));
        Assert.Equal([0f, 0f], slopes);
    }

    private static async Task<TrainingTargets> TargetsAsync(float[] gains, long?[] groups, params float[] weights)
    {
        var columns = new Rows().Int64("g", groups).Label("y", gains);
        var set = weights.Length == 0
            ? (Mlp.Runtime.Data.ITrainingSet)columns.Set("y")
            : new ChangedTrainingSet(columns.Label("w", weights).Set("y"), m => m with { WeightColumn = "w" });
        var rows = await LabelledRows.ReadAsync(set, set.Manifest.Features, new RowReading { Task = ModelTask.Ranking, GroupColumn = "g", TakesWeights = true }, CancellationToken.None);
        return TrainingTargets.Of(rows, 0, gains.Length, new TargetScale(1, 0), []);
    }
}
