namespace Mlp.Runtime.Hosting;

/// <summary>Keeps a part from being used before the platform was started and after it was closed, by one sentence for all parts. Thread-safe.</summary>
/// <param name="part">The part with its article, for the sentence: "the feature store".</param>
internal sealed class OpenGuard(string part)
{
    private volatile State _state;

    private enum State
    {
        NotStarted,
        Open,
        Closed,
    }

    /// <summary>Whether the part may be used.</summary>
    public bool IsOpen => _state == State.Open;

    /// <summary>The part may be used from now on.</summary>
    public void Open() => _state = State.Open;

    /// <summary>The part may not be used any more.</summary>
    public void Close() => _state = State.Closed;

    /// <summary>Refuses a call that comes too early or too late.</summary>
    /// <exception cref="InvalidOperationException">It does.</exception>
    public void Require()
    {
        if (_state != State.Open)
        {
            throw Refusal();
        }
    }

    /// <summary>What a call gets that comes too early or too late.</summary>
    public InvalidOperationException Refusal()
        => new(_state == State.Closed
            ? $"Expected {part} to be open, but the platform has been closed."
            : $"Expected {part} to be open, but the platform has not been started: start the host or the platform first.");
}
