using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives;

/// <summary>A random case: how many ranks, how many values, which operation, and a seed for the values.</summary>
public sealed record CollectiveCase(int WorldSize, int Length, ReduceOperation Operation, int Seed)
{
    /// <summary>A case out of a random number; short, middling and long ones in turn, so that all ways are taken.</summary>
    public static CollectiveCase From(int seed, int maximumWorldSize = 8)
    {
        var random = new Random(seed);
        var length = random.Next(4) switch { 0 => random.Next(4), 1 => random.Next(200), 2 => random.Next(5_000), _ => random.Next(30_000) };
        return new(random.Next(1, maximumWorldSize + 1), length, (ReduceOperation)random.Next(5), seed);
    }

    /// <summary>Lengths of the ranks' parts; some may be 0.</summary>
    public int[] Counts()
    {
        var random = new Random(Seed ^ 0x5151);
        return [.. Enumerable.Range(0, WorldSize).Select(_ => random.Next(3) == 0 ? 0 : random.Next((Length / WorldSize) + 2))];
    }

    /// <summary>Values of all ranks.</summary>
    public T[][] All<T>(int? length = null)
        where T : unmanaged => [.. Enumerable.Range(0, WorldSize).Select(r => ScalarReference.Values<T>((Seed * 31) + r, length ?? Length))];

    /// <summary>Values of ranks that bring different numbers of them.</summary>
    public T[][] All<T>(int[] counts)
        where T : unmanaged => [.. counts.Select((c, r) => ScalarReference.Values<T>((Seed * 31) + r, c))];
}
