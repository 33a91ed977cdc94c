using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

public sealed class GradientScalerTests
{
    [Fact]
    public void Update_GoodSteps_DoubleAfterEachInterval()
    {
        var scaler = new GradientScaler { Scale = 1024 };

        for (var step = 1; step < GradientScaler.GrowthInterval; step++)
        {
            Assert.True(scaler.Update(isFinite: true));
        }

        Assert.Equal(1024, scaler.Scale);
        scaler.Update(isFinite: true);
        Assert.Equal((2048, 0), (scaler.Scale, scaler.GoodSteps));
    }

    [Fact]
    public void Update_Overflow_HalvesAndBeginsToCountAgain()
    {
        var scaler = new GradientScaler { Scale = 1024, GoodSteps = GradientScaler.GrowthInterval - 1 };

        Assert.True(scaler.Update(isFinite: false));
        Assert.True(scaler.Update(isFinite: true));

        Assert.Equal((512, 1, 0), (scaler.Scale, scaler.GoodSteps, scaler.SkippedSteps));
    }

    [Fact]
    public void Update_OverflowAfterOverflow_EndsAtTheSmallestScale()
    {
        var scaler = new GradientScaler();

        Assert.All(Enumerable.Range(0, 16), _ => Assert.True(scaler.Update(isFinite: false)));

        Assert.Equal(1, scaler.Scale);
        Assert.True(scaler.IsExhausted);
        Assert.False(scaler.Update(isFinite: false));
    }

    [Fact]
    public void Update_SingleOverflowAtTheSmallestScale_DoesNotEnd()
    {
        var scaler = new GradientScaler { Scale = 1 };

        Assert.True(scaler.Update(isFinite: false));
        Assert.True(scaler.Update(isFinite: true));
        Assert.True(scaler.Update(isFinite: false));
        Assert.Equal(1, scaler.Scale);
    }
}
