using FsCheck.Xunit;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Model;

/// <summary>A property that is tried as often as <see cref="TestRounds"/> says. A failure prints the seed to run it again with and the shortest history that fails.</summary>
public sealed class StoreRoundsAttribute : PropertyAttribute
{
    /// <param name="perRound">Histories per round.</param>
    public StoreRoundsAttribute(double perRound)
    {
        MaxTest = Math.Max(1, (int)(TestRounds.Count * perRound));
        StartSize = 20;
        EndSize = 60;
    }
}
