using System.Runtime.CompilerServices;

namespace Mlp.Training.Distributed.Collectives;

/// <summary>A call that a group makes on a thread of its own, after those that were made before it. The memory belongs to the call until it is completed. Safe for several threads.</summary>
public abstract class CollectiveHandle
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private protected CollectiveHandle(in CollectiveCall call, long ticket) => (Call, Ticket) = (call, ticket);

    /// <summary>Whether the call is over, well or not.</summary>
    public bool IsCompleted => _completion.Task.IsCompleted;

    internal CollectiveCall Call { get; }

    internal long Ticket { get; }

    /// <summary>Waits for the end of the call, which comes within the call's time limit and those of the calls before it.</summary>
    /// <exception cref="CollectiveException">The call has failed.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void Wait()
    {
        if (!IsCompleted)
        {
            // A transfer that is under way is often over within microseconds, a thread that sleeps is not up by then.
            var spinner = default(SpinWait);
            while (!IsCompleted && !spinner.NextSpinWillYield)
            {
                spinner.SpinOnce(-1);
            }
        }

        _completion.Task.GetAwaiter().GetResult();
    }

    /// <summary>The end of the call as a task.</summary>
    public Task AsTask() => _completion.Task;

    /// <summary>Awaits the end of the call.</summary>
    public TaskAwaiter GetAwaiter() => _completion.Task.GetAwaiter();

    /// <summary>Makes the call.</summary>
    internal abstract void Run(ProcessGroup group);

    /// <summary>Ends the wait of whoever waits.</summary>
    /// <param name="failure">What they get; null where all is well.</param>
    internal void Complete(Exception? failure)
    {
        if (failure is null)
        {
            _completion.SetResult();
        }
        else
        {
            _completion.SetException(failure);

            // Whoever drops the handle hears of the failure at the next call of the group.
            _ = _completion.Task.Exception;
        }
    }
}
