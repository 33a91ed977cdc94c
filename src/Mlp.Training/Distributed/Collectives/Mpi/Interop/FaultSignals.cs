using System.Runtime.InteropServices;

namespace Mlp.Training.Distributed.Collectives.Mpi.Interop;

/// <summary>
/// Keeps the handlers of the signals by which .NET learns of null references and divisions by zero. UCX, on which MPICH and Open MPI may stand, puts its own in their place as soon as it is loaded, and ends the process at the
/// first <see cref="NullReferenceException"/>.
/// </summary>
internal static unsafe partial class FaultSignals
{
    private const int HandlerBytes = 512;

    /// <summary>SIGILL, SIGABRT, SIGFPE, SIGSEGV, and SIGBUS of Linux and macOS.</summary>
    private static readonly int[] Signals = [4, 6, 8, 11, OperatingSystem.IsMacOS() ? 10 : 7];

    /// <summary>Does something that may take the handlers away, and puts them back.</summary>
    public static void Keep(Action action)
    {
        if (OperatingSystem.IsWindows())
        {
            action();
            return;
        }

        var kept = stackalloc byte[Signals.Length * HandlerBytes];
        for (var i = 0; i < Signals.Length; i++)
        {
            _ = SetAction(Signals[i], null, kept + (i * HandlerBytes));
        }

        try
        {
            action();
        }
        finally
        {
            for (var i = 0; i < Signals.Length; i++)
            {
                _ = SetAction(Signals[i], kept + (i * HandlerBytes), null);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int SetAction(int signal, byte* action, byte* previous);
}
