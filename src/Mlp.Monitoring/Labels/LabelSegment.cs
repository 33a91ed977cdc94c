using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Labels;

/// <summary>An open segment and how many callers wait for its device; it closes when it is retired and the last of them has left. Guard it by one lock.</summary>
/// <param name="log">The log.</param>
internal sealed class LabelSegment(FrameLogWriter log)
{
    private int _waiting;
    private bool _isRetired;

    /// <summary>The log.</summary>
    public FrameLogWriter Log { get; } = log;

    /// <summary>A caller begins to wait.</summary>
    public void Enter() => _waiting++;

    /// <summary>A caller has what it waited for.</summary>
    public void Leave()
    {
        _waiting--;
        CloseIfDone();
    }

    /// <summary>Nothing more is appended.</summary>
    public void Retire()
    {
        _isRetired = true;
        CloseIfDone();
    }

    private void CloseIfDone()
    {
        if (_isRetired && _waiting == 0)
        {
            Log.Dispose();
        }
    }
}
