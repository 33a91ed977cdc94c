using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Elastic;

namespace Mlp.Training.Tests.Distributed.Elastic;

/// <summary>One member that counts steps with the others, on a thread of its own: goes on with whoever is left, and lets newcomers in.</summary>
internal sealed class ElasticProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Thread _thread;
    private readonly int _steps;
    private readonly Func<ElasticProgram, bool> _goesOn;

    private ElasticProgram(ElasticGroup member, int steps, Func<ElasticProgram, bool> goesOn)
    {
        (Member, _steps, _goesOn) = (member, steps, goesOn);
        _thread = new(Run) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>The member.</summary>
    public ElasticGroup Member { get; }

    /// <summary>Steps that all have taken.</summary>
    public int Step { get; private set; }

    /// <summary>The generations that it has seen.</summary>
    public List<ElasticChange> Changes { get; } = [];

    /// <summary>Rank and world size in each of them.</summary>
    public List<(int Rank, int WorldSize)> Places { get; } = [];

    /// <summary>The last.</summary>
    public (int Rank, int WorldSize) Place => Places.LastOrDefault();

    /// <summary>What ended it; null for nothing.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Starts it.</summary>
    /// <param name="member">The member; disposed at the end.</param>
    /// <param name="steps">How far it goes.</param>
    /// <param name="goesOn">Is asked before each step; where it is false, the member is gone without a word.</param>
    public static ElasticProgram Start(ElasticGroup member, int steps, Func<ElasticProgram, bool>? goesOn = null) => new(member, steps, goesOn ?? (_ => true));

    /// <summary>Waits for the end of all.</summary>
    public static void Join(params ElasticProgram[] programs)
    {
        foreach (var program in programs)
        {
            Assert.True(program._thread.Join(Patience), $"A member hangs in generation {program.Member.Generation} at step {program.Step}.");
        }
    }

    private void Run()
    {
        try
        {
            Work();
        }
        catch (Exception exception)
        {
            Failure = exception;
        }

        Member.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private void Work()
    {
        var group = Join(() => Member.JoinAsync());
        Agree(ref group);
        while (Step < _steps)
        {
            if (!_goesOn(this))
            {
                return;
            }

            try
            {
                Span<int> values = [1, group.Rank == 0 && Member.HasNewcomers ? 1 : 0];
                group.AllReduce(values);
                Assert.Equal(group.WorldSize, values[0]);
                Step++;
                if (values[1] > 0)
                {
                    group = Join(() => Member.ReformAsync());
                    Agree(ref group);
                }
            }
            catch (CollectiveException exception)
            {
                group = Join(() => Member.ReformAsync(exception));
                Agree(ref group);
            }
        }
    }

    // All go on from the least step that anybody has.
    private void Agree(ref ProcessGroup group)
    {
        while (true)
        {
            try
            {
                Span<int> steps = [Step == 0 && Changes.Count == 1 ? int.MaxValue : Step];
                group.AllReduce(steps, ReduceOperation.Minimum);
                Step = steps[0] == int.MaxValue ? 0 : steps[0];
                return;
            }
            catch (CollectiveException exception)
            {
                group = Join(() => Member.ReformAsync(exception));
            }
        }
    }

    private ProcessGroup Join(Func<Task<ProcessGroup>> join)
    {
        var group = join().GetAwaiter().GetResult();
        Changes.Add(Member.LastChange!);
        Places.Add((group.Rank, group.WorldSize));
        return group;
    }
}
