using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

/// <summary>The expected rates were computed with PyTorch's schedulers (1.13.1), 4 steps per epoch and 5 epochs, from a rate of 0.1; see their names in the comments.</summary>
public sealed class LearningRateScheduleTests
{
    private const int StepsPerEpoch = 4;
    private const int Epochs = 5;

    public static TheoryData<string, ScheduleOptions, double[]> Cases => new()
    {
        { "StepLR", new ScheduleOptions { Kind = ScheduleKind.Step, StepEpochs = 2, Factor = 0.5 }, [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.025] },
        { "MultiStepLR", new ScheduleOptions { Kind = ScheduleKind.MultiStep, Milestones = { 1, 3 }, Factor = 0.1 }, [0.1, 0.1, 0.1, 0.1, 0.010000000000000002, 0.010000000000000002, 0.010000000000000002, 0.010000000000000002, 0.010000000000000002, 0.010000000000000002, 0.010000000000000002, 0.010000000000000002, 0.0010000000000000002, 0.0010000000000000002, 0.0010000000000000002, 0.0010000000000000002, 0.0010000000000000002, 0.0010000000000000002, 0.0010000000000000002, 0.0010000000000000002] },
        { "ExponentialLR", new ScheduleOptions { Kind = ScheduleKind.Exponential, Factor = 0.7 }, [0.1, 0.1, 0.1, 0.1, 0.06999999999999999, 0.06999999999999999, 0.06999999999999999, 0.06999999999999999, 0.048999999999999995, 0.048999999999999995, 0.048999999999999995, 0.048999999999999995, 0.0343, 0.0343, 0.0343, 0.0343, 0.024009999999999997, 0.024009999999999997, 0.024009999999999997, 0.024009999999999997] },
        { "CosineAnnealingLR", new ScheduleOptions { Kind = ScheduleKind.Cosine, MinimumFactor = 0.1 }, [0.1, 0.0994459753267812, 0.09779754323328192, 0.09509529358847656, 0.09140576474687265, 0.08681980515339464, 0.0814503363531613, 0.07542957248827961, 0.06890576474687264, 0.0620395509268104, 0.055, 0.04796044907318962, 0.041094235253127366, 0.03457042751172039, 0.02854966364683871, 0.02318019484660536, 0.018594235253127367, 0.014904706411523447, 0.01220245676671809, 0.010554024673218806] },
        { "CosineAnnealingWarmRestarts", new ScheduleOptions { Kind = ScheduleKind.Cosine, CycleEpochs = 1, CycleMultiplier = 2, MinimumFactor = 0.1 }, [0.1, 0.08681980515339464, 0.05500000000000001, 0.023180194846605363, 0.1, 0.0965745789630079, 0.08681980515339464, 0.07222075445642905, 0.05500000000000001, 0.03777924554357097, 0.023180194846605363, 0.013425421036992097, 0.1, 0.09913533761814537, 0.0965745789630079, 0.09241613255361454, 0.08681980515339464, 0.0800006604858821, 0.07222075445642905, 0.06377906449072579] },
        { "OneCycleLR", new ScheduleOptions { Kind = ScheduleKind.OneCycle }, [0.0040000000000000036, 0.013167184270002533, 0.037167184270002526, 0.06683281572999747, 0.09083281572999748, 0.1, 0.09874640062350874, 0.09504846320134738, 0.089091617757105, 0.0811745653949763, 0.07169430017913009, 0.06112620219362893, 0.0500002, 0.03887419780637107, 0.028306099820869922, 0.0188258346050237, 0.010908782242895003, 0.004951936798652629, 0.0012539993764912555, 4e-07] },
        { "PolynomialLR", new ScheduleOptions { Kind = ScheduleKind.Polynomial, Power = 2 }, [0.1, 0.09025, 0.081, 0.07225, 0.064, 0.05625, 0.048999999999999995, 0.04225000000000001, 0.036000000000000004, 0.03025000000000001, 0.025000000000000005, 0.02025, 0.016000000000000007, 0.012250000000000002, 0.009000000000000005, 0.006250000000000002, 0.003999999999999999, 0.0022500000000000016, 0.0009999999999999998, 0.0002500000000000005] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void At_EveryStep_EqualsPyTorch(string name, ScheduleOptions options, double[] expected)
    {
        var schedule = new LearningRateSchedule(options, 0.1, StepsPerEpoch, Epochs);

        for (var step = 0; step < expected.Length; step++)
        {
            Assert.True(Math.Abs(expected[step] - schedule.At(step)) <= 1e-12, $"{name}, step {step}: {expected[step]} and {schedule.At(step)}");
        }
    }

    [Fact]
    public void At_WarmUp_GrowsEvenlyThenFollowsTheSchedule()
    {
        var schedule = new LearningRateSchedule(new() { Kind = ScheduleKind.Polynomial, WarmUpSteps = 4 }, 0.1, StepsPerEpoch, Epochs);

        Assert.Equal([0.025, 0.05, 0.075, 0.1, 0.1, 0.1 * 15 / 16], Enumerable.Range(0, 6).Select(s => Math.Round(schedule.At(s), 12)));
        Assert.Equal(0, schedule.At(20), 1e-12);
    }

    [Fact]
    public void EpochEnded_NoBetterForLongerThanThePatience_LowersTheRateToItsMinimum()
    {
        var schedule = new LearningRateSchedule(new() { Kind = ScheduleKind.ReduceOnPlateau, Patience = 1, Factor = 0.5, MinimumFactor = 0.2 }, 1, StepsPerEpoch, Epochs);

        var rates = new List<double>();
        foreach (var isBetter in new[] { true, false, false, false, false, true, false, false, false, false })
        {
            schedule.EpochEnded(isBetter);
            rates.Add(schedule.At(0));
        }

        Assert.Equal([1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2], rates);
    }
}
