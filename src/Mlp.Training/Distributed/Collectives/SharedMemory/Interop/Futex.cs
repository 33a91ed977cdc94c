using System.Runtime.InteropServices;

namespace Mlp.Training.Distributed.Collectives.SharedMemory.Interop;

/// <summary>Linux's wait for a word of memory, also of memory that processes share.</summary>
internal static unsafe partial class Futex
{
    private const int WaitOperation = 0;
    private const int WakeOperation = 1;

    private static readonly nint Call = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 => 98,
        _ => 0,
    };

    /// <summary>Whether this system has it.</summary>
    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && Call != 0;

    /// <summary>Sleeps while the word has the value, until it is woken or the time is over.</summary>
    public static void Wait(int* word, int value, TimeSpan limit)
    {
        var time = stackalloc long[2];
        (time[0], time[1]) = ((long)limit.TotalSeconds, limit.Ticks % TimeSpan.TicksPerSecond * 100);
        SystemCall(Call, word, WaitOperation, value, time, 0, 0);
    }

    /// <summary>Wakes whoever sleeps.</summary>
    public static void Wake(int* word) => SystemCall(Call, word, WakeOperation, int.MaxValue, null, 0, 0);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, int* word, nint operation, nint value, long* time, nint word2, nint value3);
}
