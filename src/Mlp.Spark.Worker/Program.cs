return Mlp.Spark.Worker.Daemon.WorkerProgram.Run(args);
