/* One rank of MPI_Allreduce for AllReducePairs: takes lines "bytes calls refill" from the pipe COMMANDS.rank, and rank 0 prints microseconds per call. Ranks sleep in read() between commands. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    char path[4096], line[128];
    snprintf(path, sizeof path, "%s.%d", argv[1], rank);
    FILE *commands = fopen(path, "r");
    float *values = malloc(256L << 20);
    memset(values, 0, 256L << 20);
    while (fgets(line, sizeof line, commands))
    {
        long bytes = 0;
        int calls = 0, refill = 0;
        if (sscanf(line, "%ld %d %d", &bytes, &calls, &refill) != 3)
        {
            break;
        }

        int warm = calls / 8 + 1;
        for (int i = 0; i < warm; i++)
        {
            MPI_Allreduce(MPI_IN_PLACE, values, bytes / 4, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
        }

        MPI_Barrier(MPI_COMM_WORLD);
        double seconds = 0, start = MPI_Wtime();
        for (int i = 0; i < calls; i++)
        {
            if (refill)
            {
                memset(values, 0, bytes);
                MPI_Barrier(MPI_COMM_WORLD);
                start = MPI_Wtime();
            }

            MPI_Allreduce(MPI_IN_PLACE, values, bytes / 4, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
            seconds += refill ? MPI_Wtime() - start : 0;
        }

        seconds = refill ? seconds : MPI_Wtime() - start;
        if (rank == 0)
        {
            printf("%.3f\n", seconds * 1e6 / calls);
            fflush(stdout);
        }
    }

    MPI_Finalize();
    return 0;
}
