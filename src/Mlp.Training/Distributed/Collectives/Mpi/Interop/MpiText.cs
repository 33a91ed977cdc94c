using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives.Mpi.Interop;

/// <summary>Gives a short text of rank 0 to all ranks that one mpirun has started.</summary>
internal static unsafe class MpiText
{
    private const int Bytes = 1024;

    /// <summary>Shares it.</summary>
    /// <param name="mpi">MPI.</param>
    /// <param name="text">Rank 0's text, of at most 1,023 bytes; the others' is not looked at.</param>
    /// <param name="timeout">How long ranks are waited for.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Rank 0's text.</returns>
    /// <exception cref="RendezvousException">Ranks did not come.</exception>
    public static string Share(MpiProcess mpi, string text, TimeSpan timeout, TimeProvider clock, CancellationToken cancellationToken)
    {
        var library = mpi.Library;
        var request = (nint*)NativeMemory.AllocZeroed((nuint)sizeof(nint));
        var memory = (byte*)NativeMemory.AllocZeroed(Bytes);
        if (!Encoding.UTF8.TryGetBytes(text, new Span<byte>(memory, Bytes - 1), out _))
        {
            throw new LaunchException(string.Create(CultureInfo.InvariantCulture, $"Expected address and secret of at most {Bytes - 8} bytes together, but found {text.Length}."));
        }

        library.Broadcast((nint)memory, Bytes, 0, library.Constants.World, request);
        var start = clock.GetTimestamp();
        while (!library.HaveEnded(request, 1))
        {
            if (clock.GetElapsedTime(start) >= timeout || cancellationToken.IsCancellationRequested)
            {
                // MPI may still write to the memory, so it stays.
                mpi.LeaveUnfinished(() => library.HaveEnded(request, 1));
                cancellationToken.ThrowIfCancellationRequested();
                throw new RendezvousException($"Expected all ranks that mpirun has started to connect within {CollectiveSentences.Duration(timeout)}, but not all came.");
            }

            cancellationToken.WaitHandle.WaitOne(1);
        }

        var shared = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(memory));
        NativeMemory.Free(memory);
        NativeMemory.Free(request);
        return shared;
    }
}
