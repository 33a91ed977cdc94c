using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Mlp.Training.Distributed.Collectives.Mpi.Interop;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives.Mpi;

/// <summary>
/// MPI in this process: it begins once, with the first group, and ends once, with the process. <c>MPI_Finalize</c> waits for all ranks, so it is only called where nothing has gone wrong, and only waited for so long. A process
/// that ends without it is a failed one for <c>mpirun</c>, which then ends the others.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "It lives as long as the process.")]
internal sealed class MpiProcess
{
    /// <summary>What was given up is looked at so often before the process ends without <c>MPI_Finalize</c>, about 2 seconds.</summary>
    private const int LooksAtEnd = 1000;
    private const int MillisecondsPerLook = 2;

    private static readonly Lock Gate = new();
    private static Task<MpiProcess>? _current;
    private static string? _wanted;

    private readonly ConcurrentDictionary<CollectiveBackend, byte> _groups = new();
    private readonly ConcurrentQueue<Func<bool>> _unfinished = new();
    private readonly ManualResetEventSlim _exit = new();
    private readonly Thread _thread;
    private readonly TaskCompletionSource<MpiProcess> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeSpan _finalizeTimeout;
    private MpiLibrary? _library;
    private volatile string? _failure;

    private MpiProcess(IReadOnlyList<string> names, TimeSpan finalizeTimeout)
    {
        _finalizeTimeout = finalizeTimeout;
        _thread = new Thread(() => Live(names)) { IsBackground = true, Name = "Mlp MPI" };
        _thread.Start();
    }

    /// <summary>The library.</summary>
    public MpiLibrary Library => _library!;

    /// <summary>Lets one group at a time be formed of all ranks, so that ranks agree which it is.</summary>
    public SemaphoreSlim Forming { get; } = new(1, 1);

    /// <summary>Why no call may be made any more; null where they may.</summary>
    public string? Failure => _failure;

    /// <summary>Begins with the first call.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="launcher">Who started this process; null for nobody.</param>
    /// <exception cref="MpiException">There is no library, or it cannot be used; or this process uses another already.</exception>
    public static Task<MpiProcess> StartAsync(MpiOptions options, string? launcher)
    {
        var named = options.LibraryPath ?? Environment.GetEnvironmentVariable(MpiOptions.LibraryVariable);
        lock (Gate)
        {
            if (_current is { IsFaulted: false })
            {
                return named is null || named == _wanted || named == (_current.IsCompletedSuccessfully ? _current.Result.Library.Path : null)
                    ? _current
                    : throw new MpiException($"Expected one MPI library in this process, but found '{named}' beside '{_wanted ?? _current.Result.Library.Path}'.");
            }

            _wanted = named;
            return _current = new MpiProcess(named is null ? Names(launcher) : [named], options.FinalizeTimeout)._begun.Task;
        }
    }

    /// <summary>A group begins.</summary>
    public void Add(CollectiveBackend group) => _groups[group] = 0;

    /// <summary>A group ends.</summary>
    public void Remove(CollectiveBackend group) => _groups.TryRemove(group, out _);

    /// <summary>
    /// A call has failed whose requests are still under way on memory of their own: MPI goes on. It ends well only where they have ended by then, as they do where all ranks came to the call but one heard of a failure before it
    /// saw so.
    /// </summary>
    /// <param name="hasEnded">Whether they have ended; asked when the process ends, by another thread.</param>
    public void LeaveUnfinished(Func<bool> hasEnded) => _unfinished.Enqueue(hasEnded);

    /// <summary>A call has failed while MPI may still write where its values were. MPI only moves anything when it is called, so it is never called again; all groups of this process end.</summary>
    /// <param name="group">The group of the call.</param>
    /// <param name="groupName">Its name.</param>
    public void Stop(CollectiveBackend group, string groupName)
    {
        _failure ??= $"MPI is of no more use in this process: a call of group '{groupName}' failed while values were on their way";
        foreach (var other in _groups.Keys)
        {
            if (other != group)
            {
                other.Abort(CollectiveSentences.Lost(null, groupName, group.Rank, "a call failed while MPI moved its values"));
            }
        }
    }

    private static string[] Names(string? launcher)
    {
        string[] open = ["libmpi.so.40", "libmpi.so"];
        string[] mpich = ["libmpich.so.12", "libmpi.so.12", "libmpich.so"];
        return launcher == "Hydra" ? [.. mpich, .. open] : [.. open, .. mpich];
    }

    private void Live(IReadOnlyList<string> names)
    {
        var isOurs = false;
        try
        {
            FaultSignals.Keep(() =>
            {
                _library = MpiLibrary.Load(names);
                isOurs = _library.Begin();
            });
        }
        catch (Exception exception)
        {
            _begun.SetException(exception);
            return;
        }

        if (isOurs)
        {
            AppDomain.CurrentDomain.ProcessExit += (_, _) => End();
        }

        _begun.SetResult(this);
        _exit.Wait();
        if (_failure is null && HasUnfinishedEnded())
        {
            _library!.End();
        }
    }

    private bool HasUnfinishedEnded()
    {
        using var pause = new ManualResetEventSlim();
        try
        {
            for (var look = 0; look < LooksAtEnd; look++)
            {
                if (_unfinished.All(hasEnded => hasEnded()))
                {
                    return true;
                }

                pause.Wait(MillisecondsPerLook);
            }

            return false;
        }
        catch (MpiException)
        {
            return false;
        }
    }

    private void End()
    {
        _exit.Set();
        _thread.Join(_finalizeTimeout);
    }
}
