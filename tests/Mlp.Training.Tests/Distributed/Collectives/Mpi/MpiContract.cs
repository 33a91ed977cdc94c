using System.Reflection;
using FsCheck;
using FsCheck.Xunit;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.Mpi;

/// <summary>The contract among processes: every rank runs the same cases, on groups of the first ranks.</summary>
internal sealed class MpiContract : CollectiveContract
{
    private readonly ProcessGroup?[] _groups;

    /// <summary>Forms groups of all sizes.</summary>
    public MpiContract(ProcessGroup world)
        => _groups = [.. Enumerable.Range(1, world.WorldSize).Select(size => world.Split(world.Rank < size ? [.. Enumerable.Range(0, size)] : []))];

    /// <inheritdoc/>
    protected override int MaximumWorldSize => _groups.Length;

    /// <summary>Checks everything.</summary>
    /// <param name="cases">Cases of each property.</param>
    /// <param name="seed">Seed of the first.</param>
    /// <returns>How many cases were checked.</returns>
    public int CheckAll(int cases, int seed)
    {
        var properties = typeof(CollectiveContract).GetMethods().Where(m => m.GetCustomAttribute<PropertyAttribute>() is not null).OrderBy(m => m.Name, StringComparer.Ordinal).ToList();
        var numbers = new Random(seed);
        foreach (var property in properties)
        {
            for (var i = 0; i < cases; i++)
            {
                var number = numbers.Next(int.MinValue, int.MaxValue);
                try
                {
                    property.Invoke(this, [DoNotSize<int>.NewDoNotSize(number)]);
                }
                catch (TargetInvocationException exception)
                {
                    throw new InvalidOperationException($"{property.Name} with seed {number}: {exception.InnerException}");
                }
            }
        }

        return properties.Count * cases;
    }

    /// <inheritdoc/>
    protected override void Run(int worldSize, Action<ProcessGroup> program)
    {
        if (_groups[worldSize - 1] is { } group)
        {
            program(group);
        }
    }
}
