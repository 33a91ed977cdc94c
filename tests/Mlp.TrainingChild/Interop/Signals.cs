using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Mlp.TrainingChild.Interop;

/// <summary>Signals that this process sends to itself. Unix only.</summary>
internal static partial class Signals
{
    private const int Kill = 9;
    private const int StopOnLinux = 19;
    private const int StopOnMac = 17;

    /// <summary>Ends this process at once.</summary>
    public static void KillThisProcess() => Send(Kill);

    /// <summary>Stops this process until somebody wakes it.</summary>
    public static void StopThisProcess() => Send(OperatingSystem.IsMacOS() ? StopOnMac : StopOnLinux);

    /// <summary>Starts a process that wakes this one.</summary>
    /// <param name="after">After how long.</param>
    public static void WakeThisProcess(TimeSpan after)
        => Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"sleep {after.TotalSeconds:0.000}; kill -CONT {Environment.ProcessId}")]).Dispose();

    private static void Send(int signal)
    {
        if (SendTo(Environment.ProcessId, signal) != 0)
        {
            throw new InvalidOperationException($"Expected this process to send itself signal {signal}, but the system refused it with error {Marshal.GetLastPInvokeError()}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendTo(int process, int signal);
}
